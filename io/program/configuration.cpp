#include "belfry/io/program/configuration.hpp"

#include "belfry/config/load.hpp"

#include <iostream>

namespace belfry::program {

namespace {

/// The text of a file that was named; false: it cannot be read, and stderr says why.
bool read(const std::string& path, std::optional<std::string>& out) {
  if (path.empty())
    return true;
  auto text = read_text_file(path);
  if (!text) {
    std::cerr << text.error().detail << "\n";
    return false;
  }
  out = std::move(*text);
  return true;
}

} // namespace

std::optional<options> read_configuration(const configuration_arguments& from) {
  sources s;
  s.set = from.set;
  s.environment = process_environment();
  // Both are looked at, so that one run names all that is missing.
  auto file_read = read(from.file, s.file);
  auto properties_read = read(from.properties, s.properties);
  if (!file_read || !properties_read)
    return std::nullopt;
  auto found = load(s);
  for (const auto& line : found.notices)
    std::cerr << line << "\n";
  for (const auto& line : found.errors)
    std::cerr << line << "\n";
  if (!found.errors.empty())
    return std::nullopt;
  return std::move(found.value);
}

} // namespace belfry::program

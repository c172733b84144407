#pragma once

#include "belfry/config/load.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace belfry::test {

inline loaded from_file(std::string text) {
  return load({.set = {}, .environment = {}, .file = std::move(text), .properties = {}});
}

inline loaded from_set(std::vector<std::string> set) {
  return load({.set = std::move(set), .environment = {}, .file = {}, .properties = {}});
}

inline loaded from_environment(std::map<std::string, std::string> variables) {
  return load({.set = {}, .environment = std::move(variables), .file = {}, .properties = {}});
}

inline loaded from_properties(std::string text) {
  return load({.set = {}, .environment = {}, .file = {}, .properties = std::move(text)});
}

/// All errors, one per line: what a failing test prints.
inline std::string lines(const std::vector<std::string>& errors) {
  std::string out;
  for (const auto& e : errors)
    out += e + "\n";
  return out;
}

/// There is exactly one error and it contains every one of `parts`.
inline testing::AssertionResult one_error(const loaded& x, std::initializer_list<std::string_view> parts) {
  if (x.errors.size() != 1)
    return testing::AssertionFailure() << x.errors.size() << " errors:\n" << lines(x.errors);
  for (const auto part : parts) {
    if (x.errors[0].find(part) == std::string::npos)
      return testing::AssertionFailure() << "no \"" << part << "\" in: " << x.errors[0];
  }
  if (x.errors[0].find('\n') != std::string::npos)
    return testing::AssertionFailure() << "more than one line: " << x.errors[0];
  return testing::AssertionSuccess();
}

inline testing::AssertionResult good(const loaded& x) {
  if (x.errors.empty())
    return testing::AssertionSuccess();
  return testing::AssertionFailure() << lines(x.errors);
}

/// base64url of 32 bytes that are a key of P-256.
constexpr std::string_view vapid_key = "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE";

/// The private key of a fresh pair as PEM; kind "EC" (P-256), "P-384" or "RSA".
std::string pem_of_new_key(std::string_view kind);

/// Google's JSON of a service account with that key.
std::string service_account(std::string_view pem, std::string_view token_uri = "https://oauth2.googleapis.com/token");

/// A file that is gone with the object.
class scratch_file {
public:
  explicit scratch_file(std::string_view text);
  ~scratch_file();
  scratch_file(const scratch_file&) = delete;
  scratch_file& operator=(const scratch_file&) = delete;

  const std::string& path() const { return path_; }

private:
  std::string path_;
};

} // namespace belfry::test

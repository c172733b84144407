#include "belfry/config/nearest.hpp"

#include <algorithm>
#include <numeric>

namespace belfry {

namespace {

/// Longer names are cut: what an operator typed is compared, not a whole file.
constexpr std::size_t compared_max = 128;

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

/// Insertions, deletions and replacements from `a` to `b`.
std::size_t edits(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    auto diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const auto replaced = diagonal + (lower(a[i - 1]) == lower(b[j - 1]) ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({replaced, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row.back();
}

} // namespace

std::string nearest(std::string_view text, const std::vector<std::string>& candidates) {
  std::string best;
  auto least = std::string::npos;
  for (const auto& c : candidates) {
    const auto n = edits(text.substr(0, compared_max), std::string_view{c}.substr(0, compared_max));
    if (n < least) {
      least = n;
      best = c;
    }
  }
  return best;
}

} // namespace belfry

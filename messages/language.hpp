#pragma once

#include "belfry/messages/ascii.hpp"

#include <algorithm>
#include <iterator>
#include <string_view>

/// Languages of BCP 47 tags, in whatever case.
namespace belfry {

inline std::string_view language_of(std::string_view locale) {
  return locale.substr(0, locale.find_first_of("-_"));
}

/// The row of `spoken`, by its `language`, for `locale`, else for `fallback`, else the first.
template <class Table>
const auto& in_language_of(const Table& spoken, std::string_view locale, std::string_view fallback) {
  for (const auto x : {locale, fallback}) {
    const auto i = std::find_if(std::begin(spoken), std::end(spoken),
                                [&](const auto& row) { return same_but_for_case(row.language, language_of(x)); });
    if (i != std::end(spoken))
      return *i;
  }
  return *std::begin(spoken);
}

} // namespace belfry

#pragma once

#include "belfry/config/options.hpp"
#include "belfry/messages/error.hpp"

#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace belfry {

/// What is wrong with options, one line each: bounds of the table and what keys demand of each other (SPEC 8 to 16).
/// Values of enumerations, which only options made by hand can have wrong, are looked at too.
/// `load` has done this already; options made by hand need it.
std::vector<std::string> validate(const options& x);

/// One line for each thing that `x` switches on and this build lacks. `serve` refuses to start with any; `check` only
/// validates, so that a configuration may be prepared before the build that runs it.
std::vector<std::string> missing_capabilities(const options& x);

/// ec::bad_input names everything of `validate` and `missing_capabilities`; pointers as in "/push/debounceDelay".
result<success> check_options(const options& x);

namespace detail {

/// As `validate`, leaving out what concerns keys that failed already.
std::vector<std::string> findings(const options& x, const std::set<std::string_view>& failed);

} // namespace detail

} // namespace belfry

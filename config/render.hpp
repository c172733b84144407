#pragma once

#include "belfry/config/options.hpp"

#include <string>

namespace belfry {

/// The options as JSON in the form of the file, every key of the table in it, durations in their largest whole unit and
/// secrets as "***" ("" if there is none). Ends with a line end.
std::string render(const options& x);

} // namespace belfry

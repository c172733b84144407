#pragma once

#include "belfry/config/options.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace belfry {

/// The longest duration any key takes.
constexpr duration duration_max = 24h * 3650;

/// Reads "0" or a whole number with a unit (ms, s, m, h, d), at most `duration_max`; nothing for any other text.
std::optional<duration> parse_duration(std::string_view text);

/// "0", or the number in the largest unit that needs no fraction: "90s", "1m", "1d".
std::string duration_text(duration x);

} // namespace belfry

#pragma once

#include "belfry/messages/ids.hpp"
#include "belfry/messages/outcome.hpp"

#include <cstdint>
#include <optional>
#include <string_view>

namespace belfry::io {

/// Reads a Retry-After value: seconds, or a date in one of the three forms of RFC 9110, blanks around it trimmed.
/// Milliseconds from `now` (0 to `retry_after_max`; a past date is now); nothing when it is neither.
std::optional<std::int64_t> parse_retry_after(std::string_view text, millis now);

} // namespace belfry::io

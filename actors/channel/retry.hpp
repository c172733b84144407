#pragma once

#include "belfry/io/channel.hpp"
#include "belfry/messages/facts.hpp"

#include <cstdint>
#include <optional>

/// When a failed attempt is repeated (SPEC 8).
namespace belfry {

/// How waits grow.
using retry_policy = io::retry_schedule;

/// The wait after the `failures`-th failed attempt (1 is the first), in milliseconds:
/// min(first * factor^(failures - 1), max), moved by at most ±jitter of itself, never below `retry_after`.
/// `jitter` is in [0,1): 0 moves it down all the way, 0.5 not at all. Jitter may pass `max`, so that waits at the cap
/// spread too.
engine_time retry_wait(const retry_policy& p, std::uint32_t failures, std::optional<std::int64_t> retry_after,
                       double jitter);

} // namespace belfry

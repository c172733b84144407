#pragma once

#include "belfry/io/ports.hpp"
#include "belfry/messages/facts.hpp"

#include <optional>
#include <string>
#include <string_view>

/// How engine time goes on over a restart: pure.
namespace belfry {

/// What engine time was when the clocks showed this. Kept in the store, so that deadlines, which are stored in engine
/// time, stay where they are whatever the wall clock does.
struct clock_anchor {
  io::clock_reading clocks;
  engine_time engine = 0;
};

/// The setting of the store that holds it.
constexpr std::string_view clock_anchor_name = "clock_anchor";

/// The setting that says when, in engine time, the engine was stopped in good order; empty while it runs.
constexpr std::string_view stopped_at_name = "stopped_at";

std::string encode(const clock_anchor& a);
/// Returns nullopt if `text` was not made by `encode`.
std::optional<clock_anchor> decode_clock_anchor(std::string_view text);

/// Engine time at the start of a process. In the same boot as `last` it has gone on with the time since boot, exactly;
/// after a reboot with the wall clock, never backwards. Without an anchor it is the wall time.
engine_time resume_engine_time(const std::optional<clock_anchor>& last, const io::clock_reading& now);

/// How far the wall clock is ahead of engine time: what times are shown with. Rounded to a tenth of a second, so that
/// two looks at two clocks agree, and so that a time is shown the same at each look.
millis wall_ahead(engine_time now, millis wall);

/// `last` would not lead to `now`: the wall clock was set, the machine slept, or the clocks drifted apart by more than
/// a tenth of a second.
bool has_drifted(const clock_anchor& last, const clock_anchor& now);

} // namespace belfry

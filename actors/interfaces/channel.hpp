#pragma once

#include "belfry/actors/interfaces/declare_message.hpp"
#include "belfry/actors/interfaces/gateway.hpp"
#include "belfry/actors/interfaces/person.hpp"
#include "belfry/io/ports.hpp"
#include "belfry/messages/queued.hpp"

#include <caf/replies_to.hpp>
#include <caf/typed_actor.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace belfry {

/// One delivery for a lane. Whatever becomes of it the channel reports to the person with `attempted`, with `parked`
/// set when the lane has no room.
struct submit {
  std::string lane;
  queued item;
  /// It waited on disk before.
  bool from_disk = false;
  /// Engine time until which older deliveries of its chain wait on disk, since an earlier run of the process: it is
  /// parked behind them. 0: there are none.
  engine_time behind = 0;
};

/// The reason for this delivery is gone: if it waits it ends as cancelled, if it is in flight it is not repeated.
/// `why` none says only that it is no longer on disk, so that nothing has to wait behind it.
struct cancel {
  std::string lane;
  notification_id delivery;
  reason why = reason::read_before_due;
};

/// The address of a lane is switched off: what waits there ends with this reason.
struct close_lane {
  std::string lane;
  reason why = reason::registration_inactive;
};
struct open_lane {
  std::string lane;
};
/// The configuration of the channel changed: every lane starts anew, without holds.
struct retry_now {};
/// INTERNAL: what came of the attempt.
struct answered {
  std::string lane;
  notification_id delivery;
  /// Which attempt: an answer to one that was given up is ignored.
  std::uint64_t ticket = 0;
  std::shared_ptr<io::attempt_result> what;
};
/// A delivery that was parked is on disk, or need not be any more.
struct on_disk {
  std::string lane;
};
/// The person's word before an attempt.
struct permit_answer {
  notification_id delivery;
  std::uint64_t ticket = 0;
  std::shared_ptr<attempt_permit> what;
};
/// INTERNAL: what the store holds for a lane.
struct parked_found {
  std::string lane;
  bool ending = false;
  std::vector<io::parked_delivery> list;
  std::optional<millis> next_due;
  /// `lane_counters::refused` when it was asked for.
  std::uint64_t refused_before = 0;
  /// Nothing was on its way to the disk when it was asked for.
  bool complete = true;
  bool failed = false;
};
/// INTERNAL: the next delivery of a lane is due.
struct channel_alarm {
  std::string lane;
};
/// INTERNAL: who has not answered for long is asked again later.
struct channel_tick {};
/// After a restart: these lanes have something on disk.
struct parked_lanes {
  std::vector<std::string> lanes;
};

using channel_actor =
    caf::typed_actor<caf::reacts_to<submit>, caf::reacts_to<cancel>, caf::reacts_to<close_lane>,
                     caf::reacts_to<open_lane>, caf::reacts_to<retry_now>, caf::reacts_to<answered>,
                     caf::reacts_to<permit_answer>, caf::reacts_to<parked_found>, caf::reacts_to<on_disk>,
                     caf::reacts_to<channel_alarm>, caf::reacts_to<channel_tick>, caf::reacts_to<parked_lanes>,
                     caf::reacts_to<drain>>;

} // namespace belfry

BELFRY_LOCAL_MESSAGE(submit)
BELFRY_LOCAL_MESSAGE(cancel)
BELFRY_LOCAL_MESSAGE(close_lane)
BELFRY_LOCAL_MESSAGE(open_lane)
BELFRY_LOCAL_MESSAGE(retry_now)
BELFRY_LOCAL_MESSAGE(answered)
BELFRY_LOCAL_MESSAGE(permit_answer)
BELFRY_LOCAL_MESSAGE(parked_found)
BELFRY_LOCAL_MESSAGE(on_disk)
BELFRY_LOCAL_MESSAGE(channel_alarm)
BELFRY_LOCAL_MESSAGE(channel_tick)
BELFRY_LOCAL_MESSAGE(parked_lanes)

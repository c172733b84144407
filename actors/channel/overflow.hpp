#pragma once

#include "belfry/actors/channel/lane.hpp"
#include "belfry/io/ports.hpp"

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

/// What of a lane waits on disk, as far as memory must know of it: pure.
namespace belfry {

/// Places that a lane has for deliveries from disk.
struct free_capacity {
  std::size_t messages = 0;
  std::size_t calls = 0;
};

/// The disk behind one lane.
///
///                leaves                 arrived                 found
///   (lane) ---------------> leaving --------------> on disk ------------> returning ---> (lane, by `returned`)
///                                                      |                      |
///                                                      +----------------------+---> cancelled (by `returned`)
///
/// Nothing passes what is before it in its chain: a delivery that had been in the lane, or tried, is *guarded* on disk,
/// and whoever follows it goes there behind it. New ones that the lane refused need no guard, because it takes no
/// others before the disk is drained. Only what there is room for is brought back, so that each delivery moves to disk
/// and back at most once per attempt. The guards are of this life of the process; what waits on disk from a former one
/// its person knows (`submit::behind`).
class overflow {
public:
  /// First attempts are handed to the disk only while fewer are guarded: a guard costs memory.
  static constexpr std::size_t guards_max = 10'000;
  /// Deliveries brought back at once.
  static constexpr std::size_t slice_max = 400;

  /// Something may be on disk from before.
  void mark_nonempty() { holds_ = true; }
  /// Something changed that makes the disk worth asking: at once, whatever is due.
  void ask_again() { ask_at_ = 0; }

  void leaves(const queued& q, bool guarded);
  /// One of those that were leaving is on disk, or need not go there any more.
  void arrived();
  /// It is in the lane again, or was cancelled there.
  void returned(const notification_id& delivery);
  /// Its person says that it is not on disk any more. Who asked for it back may have asked too late, when it was on its
  /// way to disk anew: then only the asking ends, and the guard stays.
  void no_longer_parked(const notification_id& delivery);
  bool may_guard() const { return guarded_.size() < guards_max; }
  /// The delivery must go to disk, back there if it came from there, and not return before this time, because an older
  /// one of its chain is guarded there; nothing: it need not.
  std::optional<engine_time> behind(const queued& q) const;

  /// What to ask the disk for.
  struct question {
    engine_time until = 0;
    std::size_t limit = 0;
    /// Nothing was leaving when it was asked.
    bool complete = true;
  };
  /// Set if the disk is to be asked now: when a quarter of `all` is free, so that not every free place costs a
  /// question. `ending`: everything is wanted, whatever its time and the room.
  std::optional<question> ask(engine_time now, const free_capacity& room, const free_capacity& all, bool ending);

  /// What came of a question.
  struct found {
    /// To be brought back.
    std::vector<io::parked_delivery> back;
    /// Nothing that is due is on disk, nor on its way there or back.
    bool drained = false;
  };
  found answered(std::vector<io::parked_delivery> rows, bool complete, const free_capacity& room, bool ending);
  /// The disk could not be read.
  void failed(engine_time now);
  /// After `drained`: when the disk is to be asked next. `refused_since`: deliveries left meanwhile.
  void idle_until(std::optional<millis> next_due, bool refused_since, engine_time now);

  /// When `ask` may have something; nothing: not before another call of this class.
  std::optional<engine_time> next_wake() const;

private:
  /// Of the guarded deliveries of a chain: when each is due, by age.
  using guard = std::map<std::uint64_t, engine_time>;

  bool forget_returning(const notification_id& delivery);
  std::size_t returning(bool calls) const { return returning_count_[calls ? 1 : 0]; }

  bool holds_ = false;
  bool asking_ = false;
  /// All that the last question found is on its way back already.
  bool all_returning_ = false;
  std::size_t leaving_ = 0;
  /// Nothing on disk is due before; 0: ask.
  engine_time ask_at_ = 0;
  /// On their way back through their persons; true: a call.
  std::unordered_map<notification_id, bool> returning_;
  std::size_t returning_count_[2] = {0, 0};
  /// The last answer found more of this class than there was room for.
  bool short_of_room_[2] = {false, false};
  std::unordered_map<std::string, guard> guards_;
  std::unordered_map<notification_id, std::pair<std::string, std::uint64_t>> guarded_;
};

} // namespace belfry

#pragma once

#include "belfry/io/ports.hpp"
#include "belfry/messages/delivery.hpp"

#include <compare>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

/// The notifications of one person that are not finished, found by delivery and by what they are about: pure.
namespace belfry {

/// What one notification takes back or replaces: those of the same conversation, kind and subject (`subject_of`).
struct thread {
  conversation_id conversation;
  belfry::kind kind = belfry::kind::new_message;
  std::string subject;

  auto operator<=>(const thread&) const = default;
};

/// A notification goes by its `seq` here. No function scans: each costs what it names, whatever else is open.
///
///             all that is open of it waits on disk
///   whole ------------------------------------------> packed (its row, a few hundred bytes)
///     ^                                                  |
///     +------------------ `open` ------------------------+
class open_notifications {
public:
  using record_ptr = std::shared_ptr<notification_record>;

  explicit open_notifications(person_id id) : id_(std::move(id)) {}

  /// Takes what has deliveries; `row` is given when it is from disk.
  void add(record_ptr r, const io::notification_row* row = nullptr);

  /// The notification of a delivery that is not finished; 0: there is none.
  std::uint64_t find(const notification_id& delivery) const;
  /// Those of a thread, oldest first.
  std::vector<std::uint64_t> of(const thread& t) const;
  /// Those of a conversation that concern messages, calls, or requests.
  std::vector<std::uint64_t> in_group(const conversation_id& c, group g) const;
  std::vector<std::uint64_t> all() const;

  /// The whole of one. Every `open` is followed by `saved` (it changed) or `close` (it did not).
  notification_record& open(std::uint64_t seq);
  void close(std::uint64_t seq);
  /// It is on disk as `row`, or will be with this step. Finished ones go.
  void saved(std::uint64_t seq, const io::notification_row& row);

  /// An attempt of the delivery runs.
  bool in_flight(const notification_id& delivery) const;
  void set_in_flight(const notification_id& delivery, bool runs);

  /// Some delivery is neither over nor parked: the lanes know more than the disk.
  bool busy() const { return live_ > 0; }
  std::size_t size() const { return items_.size(); }
  /// How many are packed.
  std::size_t packed() const { return packed_; }
  void clear();

private:
  using threads = std::map<thread, std::vector<std::uint64_t>>;

  struct item {
    threads::iterator place;
    notification_id id;
    millis created_at = 0;
    trace_state state = trace_state::queued;
    /// Null while it is packed.
    record_ptr record;
    /// The row; empty while it is whole, and kept while it is only looked at.
    std::string row;
    /// Deliveries that are neither over nor parked.
    std::uint32_t live = 0;
  };
  struct place {
    std::uint64_t seq = 0;
    bool in_flight = false;
  };

  void update_packing(item& x, const io::notification_row* row);
  void remove(std::uint64_t seq);

  person_id id_;
  /// Oldest first.
  std::map<std::uint64_t, item> items_;
  std::unordered_map<notification_id, place> deliveries_;
  threads threads_;
  std::size_t live_ = 0;
  std::size_t packed_ = 0;
};

} // namespace belfry

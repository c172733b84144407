#pragma once

#include "belfry/io/ports.hpp"
#include "belfry/messages/events.hpp"
#include "belfry/messages/ids.hpp"

#include <cstdint>
#include <deque>
#include <optional>
#include <string_view>
#include <vector>

namespace belfry {

/// 64 bits of an id. Two different ids share one with a chance of about 3e-13 at five million known ids.
std::uint64_t fingerprint(std::string_view text);

/// The fingerprint of the message, call or invitation that an event brings into being, within its conversation.
std::optional<std::uint64_t> fingerprint_of_subject(const event& e);

/// An event's fingerprints, or 0, become known with `u`.
void add_known(io::unit& u, std::uint64_t id, std::uint64_t subject);

/// A bounded set of fingerprints that forgets the oldest: by number and by age (SPEC 2, duplicates).
class known_ids {
public:
  explicit known_ids(std::size_t size_max);

  bool contains(std::uint64_t id) const;
  /// `at`: when it became known; not before those inserted earlier.
  void insert(std::uint64_t id, millis at);
  /// Forgets what became known before `horizon`.
  void forget_before(millis horizon);
  std::size_t size() const { return order_.size(); }

private:
  struct known {
    std::uint64_t id;
    millis at;
  };
  std::size_t home(std::uint64_t id) const { return static_cast<std::size_t>(id) & (table_.size() - 1); }
  void place(std::uint64_t id);
  void remove(std::uint64_t id);
  void grow();

  std::size_t size_max_;
  /// Open addressing, linear probing, at most half full; 0 is an empty place.
  std::vector<std::uint64_t> table_;
  std::deque<known> order_;
};

} // namespace belfry

#pragma once

#include "belfry/messages/ids.hpp"

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

/// What a conversation tells its participants: immutable facts with a place in the conversation's log.
namespace belfry {

/// Milliseconds on the engine's own timeline: wall time at start plus what the monotonic clock has counted since, so
/// that clock jumps move no wait (PROTOCOLS E-14).
using engine_time = std::int64_t;

/// Place of a fact (and so of a message) in its conversation; 0: none.
using position = std::uint64_t;

/// Index of a participant in its conversation's roster; never reused for somebody else.
using slot = std::uint32_t;

/// A set of slots. Up to 64 participants cost no allocation.
class slot_set {
public:
  void insert(slot s) {
    if (s < 64) {
      low_ |= std::uint64_t{1} << s;
      return;
    }
    auto word = s / 64 - 1;
    if (high_.size() <= word)
      high_.resize(word + 1);
    high_[word] |= std::uint64_t{1} << (s % 64);
  }

  void erase(slot s) {
    if (s < 64)
      low_ &= ~(std::uint64_t{1} << s);
    else if (s / 64 - 1 < high_.size())
      high_[s / 64 - 1] &= ~(std::uint64_t{1} << (s % 64));
  }

  bool contains(slot s) const {
    if (s < 64)
      return (low_ >> s) & 1;
    return s / 64 - 1 < high_.size() && ((high_[s / 64 - 1] >> (s % 64)) & 1);
  }

  void insert(const slot_set& other) {
    for (std::size_t w = 0; w < other.words(); ++w) {
      if (auto bits = other.word(w); bits != 0)
        set_word(w, word(w) | bits);
    }
  }

  bool empty() const {
    for (auto w : high_) {
      if (w != 0)
        return false;
    }
    return low_ == 0;
  }

  /// Calls `f` for every slot that is in this set and not in `other`, in ascending order.
  template <class F>
  void each_not_in(const slot_set& other, F&& f) const {
    for (std::size_t w = 0; w < words(); ++w) {
      auto bits = word(w) & ~other.word(w);
      for (; bits != 0; bits &= bits - 1)
        f(static_cast<slot>(w * 64 + static_cast<std::size_t>(__builtin_ctzll(bits))));
    }
  }

  template <class F>
  void each(F&& f) const {
    each_not_in(slot_set{}, f);
  }

  /// 64 slots at a time, for the codec.
  std::size_t words() const { return 1 + high_.size(); }
  std::uint64_t word(std::size_t i) const { return i == 0 ? low_ : i <= high_.size() ? high_[i - 1] : 0; }
  void set_word(std::size_t i, std::uint64_t x) {
    if (i == 0) {
      low_ = x;
      return;
    }
    if (high_.size() < i)
      high_.resize(i);
    high_[i - 1] = x;
  }

private:
  std::uint64_t low_ = 0;
  std::vector<std::uint64_t> high_;
};

/// One thing that concerns unread counts and waits. Who is concerned and how was decided when it happened, so that
/// folding it needs nothing else.
struct fact {
  enum class what : std::uint8_t { message, read, deleted, forgotten };

  what type = what::message;
  position at = 0;
  engine_time time = 0;
  /// message: for whom it qualifies; deleted, forgotten: for whom it was unread.
  slot_set recipients;
  /// message: who has the conversation open.
  slot_set open;
  /// read: by whom, up to where, and what is left unread.
  slot reader = 0;
  position read_to = 0;
  std::uint32_t unread = 0;
  /// deleted, forgotten: the message.
  position message = 0;
  /// deleted: whose wait goes on with which older message (none: 0), ascending.
  std::vector<std::pair<slot, position>> replacements;
};

using fact_list = std::shared_ptr<const std::vector<fact>>;

} // namespace belfry

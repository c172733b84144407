#pragma once

#include <cstdint>
#include <set>
#include <unordered_map>
#include <vector>

namespace belfry::io {

/// Which journal entries still count. Entries are numbered over all conversations; a row of a conversation supersedes
/// its entries so far. A slice of consecutive numbers in which nothing counts any more can be erased as a whole.
class journal_index {
public:
  static constexpr std::int64_t slice_size = 4096;

  /// One change, kept apart until its transaction is committed.
  struct step {
    std::int64_t conversation = 0;
    std::int64_t seq = 0;
    /// True: entry `seq` was appended. False: all entries up to `seq` are superseded.
    bool appended = true;
  };

  static constexpr std::int64_t slice_of(std::int64_t seq) { return seq / slice_size; }

  void apply(const step& x);
  /// Takes an appended entry back: its transaction failed.
  void retract(const step& x);
  /// An entry that is on disk, but does not count (found when a store is opened).
  void add_dead(std::int64_t seq);

  /// Grows whenever entries cease to count.
  std::uint64_t superseded() const { return superseded_; }
  /// Whether the conversation has entries that count.
  bool has(std::int64_t conversation) const { return live_.count(conversation) > 0; }
  bool counts(std::int64_t conversation, std::int64_t seq) const;
  /// Numbers of the entries that count, growing.
  std::vector<std::int64_t> entries(std::int64_t conversation) const;
  /// Every conversation with entries that count, growing.
  std::vector<std::int64_t> conversations() const;

  /// At most `limit` slices that are stored and count for nothing, oldest first.
  std::vector<std::int64_t> dead_slices(std::size_t limit) const;
  /// At most `limit` slices in which some entries count and some do not.
  std::vector<std::int64_t> mixed_slices(std::size_t limit) const;
  /// The dead entries of the slice are erased.
  void erased(std::int64_t slice);

private:
  struct slice {
    std::int64_t live = 0;
    std::int64_t stored = 0;
  };

  void bury(std::int64_t seq);

  std::uint64_t superseded_ = 0;
  std::unordered_map<std::int64_t, std::vector<std::int64_t>> live_;
  std::unordered_map<std::int64_t, slice> slices_;
  std::set<std::int64_t> dead_;
  std::set<std::int64_t> mixed_;
};

} // namespace belfry::io

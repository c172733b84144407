#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace belfry::test {

/// A SQLite VFS over the system's own that knows what of each file was synced. Writes reach the real files at once (as
/// they reach a page cache); a power cut puts the files back to what was synced, plus a random part of what was
/// written since. Fails writes and syncs on demand. What a failed sync covered is lost at a power cut unless it is
/// written again, as on Linux.
class fault_vfs {
public:
  /// Registers itself as `name()`; one at a time per name.
  explicit fault_vfs(std::uint64_t seed);
  ~fault_vfs();
  fault_vfs(const fault_vfs&) = delete;
  fault_vfs& operator=(const fault_vfs&) = delete;

  const std::string& name() const;

  /// Writes that make a file longer, and all writes to logs, fail with "disk full".
  void disk_full(bool on);
  /// Every write fails as on a disk that turned read-only.
  void read_only(bool on);
  /// The next `count` writes fail with an I/O error.
  void fail_writes(int count);
  /// The next `count` syncs fail.
  void fail_syncs(int count);
  /// Runs in the thread of each sync before it begins, until it is replaced (by nothing).
  void during_syncs(std::function<void()> f);
  /// The power goes after that many more writes and syncs: from then on nothing works.
  void cut_power_after(int operations);
  bool power_is_off() const;
  /// All connections must be closed. The files become what a power cut would have left, and everything works again.
  void restore_power();
  /// As `restore_power`, but the power stays off and connections may be open: for a process that ends right then.
  void leave_what_was_synced();
  /// How many of the syncs that are to fail are still to come.
  int syncs_to_fail() const;

  /// State shared with the functions SQLite calls.
  struct state;

private:
  std::unique_ptr<state> state_;
};

} // namespace belfry::test

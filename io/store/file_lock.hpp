#pragma once

#include <string>

namespace belfry::io {

/// Keeps a file to one holder, on this machine and within this process, until it goes or the process ends.
class file_lock {
public:
  enum class outcome { held, taken, unreadable };

  file_lock() = default;
  file_lock(const file_lock&) = delete;
  file_lock& operator=(const file_lock&) = delete;
  ~file_lock();

  /// Makes `path` (mode 0600) when it is missing, and locks it without waiting.
  outcome acquire(const std::string& path);

private:
  std::string path_;
  int descriptor_ = -1;
};

} // namespace belfry::io

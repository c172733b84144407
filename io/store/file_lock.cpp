#include "belfry/io/store/file_lock.hpp"

#include <cerrno>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

namespace belfry::io {

/// How often a lock file may vanish (its holder went) between opening and locking it.
static constexpr int vanished_max = 100;

/// Whether `path` still names the file behind `descriptor`.
static bool still_there(int descriptor, const std::string& path) {
  struct stat mine {};
  struct stat named {};
  return ::fstat(descriptor, &mine) == 0 && ::stat(path.c_str(), &named) == 0 && mine.st_ino == named.st_ino
         && mine.st_dev == named.st_dev;
}

file_lock::~file_lock() {
  if (descriptor_ < 0)
    return;
  // Only the holder removes it, before it lets go; whoever opened it meanwhile sees that it is gone and starts again.
  ::unlink(path_.c_str());
  ::close(descriptor_);
}

file_lock::outcome file_lock::acquire(const std::string& path) {
  for (int i = 0; i < vanished_max; ++i) {
    const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
      return outcome::unreadable;
    if (::flock(fd, LOCK_EX | LOCK_NB) != 0) {
      const bool taken = errno == EWOULDBLOCK;
      ::close(fd);
      return taken ? outcome::taken : outcome::unreadable;
    }
    if (still_there(fd, path)) {
      ::fchmod(fd, 0600);
      path_ = path;
      descriptor_ = fd;
      return outcome::held;
    }
    ::close(fd);
  }
  return outcome::taken;
}

} // namespace belfry::io

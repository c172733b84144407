#include "belfry/io/store/schema.hpp"
#include "belfry/io/store/sqlite_store.hpp"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

namespace belfry::io {

namespace fs = std::filesystem;
using why = open_error::why;

static open_error unreadable(const std::string& what, const std::string& detail) {
  return {why::unreadable, what + ": " + detail};
}

/// What renamed or made files are listed in must be on disk too.
static bool sync_folder(const fs::path& folder) {
  const int fd = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0)
    return false;
  const bool ok = ::fsync(fd) == 0;
  ::close(fd);
  return ok;
}

static void remove_with_logs(const std::string& file) {
  for (const char* suffix : {"", "-journal", "-wal", "-shm"})
    ::unlink((file + suffix).c_str());
}

/// Makes an empty store beside its place and renames it, so that a half-made one is never seen.
static std::optional<open_error> create(const std::string& file, const std::string& vfs) {
  const std::string fresh = file + ".new";
  remove_with_logs(fresh);
  const int fd = ::open(fresh.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0)
    return unreadable(file, std::strerror(errno));
  ::fchmod(fd, 0600);
  ::close(fd);
  {
    database db;
    db.open(fresh, SQLITE_OPEN_READWRITE, vfs);
    db.exec("PRAGMA synchronous=FULL");
    db.exec(("PRAGMA application_id=" + std::to_string(store_application_id)).c_str());
    if (db.ok())
      migrate(db, migrations());
    db.exec("PRAGMA journal_mode=WAL");
    if (!db.ok()) {
      auto out = unreadable(file, db.trouble());
      db.close();
      remove_with_logs(fresh);
      return out;
    }
  }
  if (::rename(fresh.c_str(), file.c_str()) != 0 || !sync_folder(fs::path(file).parent_path()))
    return unreadable(file, std::strerror(errno));
  return std::nullopt;
}

/// Takes the rights of group and others from the store's files.
static void narrow_rights(const std::string& file) {
  for (const char* suffix : {"", "-wal", "-shm"}) {
    struct stat info {};
    const std::string name = file + suffix;
    if (::stat(name.c_str(), &info) == 0 && (info.st_mode & 077) != 0)
      ::chmod(name.c_str(), info.st_mode & 0700);
  }
}

/// The file is there and sound, or was made.
static std::optional<open_error> prepare_file(const std::string& file, const std::string& vfs) {
  std::error_code error;
  const auto status = fs::status(file, error);
  if (fs::exists(status) && !fs::is_regular_file(status))
    return unreadable(file, "not a file");
  if (fs::exists(status) && ::access(file.c_str(), R_OK | W_OK) != 0)
    return unreadable(file, errno == EROFS || errno == EACCES ? "not readable and writable" : std::strerror(errno));
  if (fs::exists(status) && fs::file_size(file, error) > 0)
    return inspect(file, vfs);
  if (fs::exists(file + "-wal", error) && fs::file_size(file + "-wal", error) > 0)
    return open_error{why::damaged, file + ": missing or empty, but its log " + file + "-wal is there"};
  return create(file, vfs);
}

std::optional<open_error> sqlite_store::start() {
  std::string detail;
  if (!open_writer() || !migrate(writer_, migrations()) || !load())
    detail = writer_.trouble();
  else if (!checkpointer_.start(file_, settings_.vfs))
    detail = checkpointer_.trouble();
  else
    readers_.open(file_, settings_, detail);
  if (!detail.empty()) {
    const int primary = writer_.rc() & 0xff;
    const bool damaged = primary == SQLITE_CORRUPT || primary == SQLITE_NOTADB;
    const auto other = detail == disk_full ? why::full : why::unreadable;
    return open_error{damaged ? why::damaged : other, file_ + ": " + detail};
  }
  narrow_rights(file_);
  // Reserves the next numbers. On a full disk the first commit that succeeds does it.
  std::lock_guard writing(writing_);
  write([](database&, pending_changes&) {});
  return std::nullopt;
}

/// Without links and dots, so that one store has one name; empty: there is none.
static fs::path place_of(const std::string& path) {
  std::error_code error;
  auto out = path.empty() ? fs::path{} : fs::weakly_canonical(fs::absolute(path, error), error);
  return error ? fs::path{} : out;
}

std::optional<open_error> check_place(const std::string& path) {
  std::error_code error;
  const auto place = place_of(path);
  if (place.empty())
    return unreadable(path, path.empty() ? "the path is empty" : "no path of a file");
  if (!fs::is_directory(place.parent_path(), error))
    return unreadable(place, "its folder does not exist");
  if (::access(place.parent_path().c_str(), W_OK | X_OK) != 0)
    return unreadable(place, "its folder is not writable");
  return std::nullopt;
}

opened open_sqlite(const std::string& path, sqlite_settings settings) {
  if (auto refused = check_place(path))
    return {nullptr, std::move(refused)};
  const std::string file = place_of(path).string();
  auto lock = std::make_unique<file_lock>();
  switch (lock->acquire(file + ".lock")) {
  case file_lock::outcome::held:
    break;
  case file_lock::outcome::taken:
    return {nullptr, open_error{why::taken, file + ": in use by another process or engine"}};
  case file_lock::outcome::unreadable:
    return {nullptr, unreadable(file + ".lock", "cannot be locked")};
  }
  if (auto refused = prepare_file(file, settings.vfs))
    return {nullptr, std::move(refused)};
  auto out = std::make_unique<sqlite_store>(file, std::move(settings), std::move(lock));
  if (auto refused = out->start())
    return {nullptr, std::move(refused)};
  return {std::move(out), std::nullopt};
}

} // namespace belfry::io

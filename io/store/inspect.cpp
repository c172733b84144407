// Looks at a file before it is opened for good, so that a refused one stays byte for byte as it was.
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

/// The first 100 bytes of a SQLite file (its documentation, "The Database Header").
using file_header = std::array<unsigned char, 100>;
static constexpr std::string_view magic("SQLite format 3\0", 16);

static std::uint32_t big_endian(const file_header& h, std::size_t at) {
  return static_cast<std::uint32_t>(h[at]) << 24 | static_cast<std::uint32_t>(h[at + 1]) << 16
         | static_cast<std::uint32_t>(h[at + 2]) << 8 | h[at + 3];
}

static open_error newer(const std::string& file, std::int64_t version) {
  return {why::newer, file + ": written by a newer version (schema " + std::to_string(version) + ", known up to "
                          + std::to_string(migrations().size()) + ")"};
}

static std::optional<open_error> inspect_header(const std::string& file, bool has_log) {
  const int fd = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0)
    return open_error{why::unreadable, file + ": " + std::strerror(errno)};
  file_header h{};
  const auto got = ::read(fd, h.data(), h.size());
  struct stat info {};
  ::fstat(fd, &info);
  ::close(fd);
  if (got < 0)
    return open_error{why::unreadable, file + ": " + std::strerror(errno)};
  const bool ours = big_endian(h, 68) == store_application_id;
  if (std::memcmp(h.data(), magic.data(), magic.size()) != 0)
    return ours ? open_error{why::damaged, file + ": damaged (its first bytes are wrong)"}
                : open_error{why::foreign, file + ": not a Belfry store"};
  if (static_cast<std::size_t>(got) < h.size())
    return open_error{why::damaged, file + ": damaged (too short)"};
  if (!ours)
    return open_error{why::foreign, file + ": a database of another application"};
  if (big_endian(h, 60) > migrations().size())
    return newer(file, big_endian(h, 60));
  const std::int64_t page = h[16] * 256 + h[17] == 1 ? 65536 : h[16] * 256 + h[17];
  if (!has_log && info.st_size < page * static_cast<std::int64_t>(big_endian(h, 28)))
    return open_error{why::damaged, file + ": damaged (cut short)"};
  return std::nullopt;
}

static open_error refused(const std::string& file, const database& db) {
  const int primary = db.rc() & 0xff;
  const bool damaged = primary == SQLITE_CORRUPT || primary == SQLITE_NOTADB || primary == SQLITE_ERROR;
  const auto other = db.trouble() == disk_full ? why::full : why::unreadable;
  return {damaged ? why::damaged : other, file + ": " + db.trouble()};
}

/// Reads version, schema and both ends of every table.
static std::optional<open_error> inspect_tables(const std::string& file, database& db) {
  const auto version = number_of(db, 0, "PRAGMA user_version");
  if (db.ok() && version > static_cast<std::int64_t>(migrations().size()))
    return newer(file, version);
  if (db.ok() && version < 1)
    return open_error{why::damaged, file + ": damaged (no schema)"};
  // An older schema may lack tables; it is complete after its migration.
  if (version == static_cast<std::int64_t>(migrations().size()))
    for (const auto* probe : end_probes())
      run(db, probe);
  if (!db.ok())
    return refused(file, db);
  return std::nullopt;
}

/// `file` as the path of a URI.
static std::string escaped(const std::string& file) {
  std::string out;
  for (const char c : file) {
    if (c == '%' || c == '?' || c == '#') {
      static constexpr char digits[] = "0123456789abcdef";
      out += {'%', digits[static_cast<unsigned char>(c) >> 4], digits[static_cast<unsigned char>(c) & 15]};
    } else {
      out += c;
    }
  }
  return out;
}

std::optional<open_error> inspect(const std::string& file, const std::string& vfs) {
  std::error_code none;
  const bool has_log = fs::exists(file + "-wal", none) && fs::file_size(file + "-wal", none) > 0;
  if (auto bad = inspect_header(file, has_log))
    return bad;
  database db;
  if (has_log) {
    // The log is read with an index in memory, and neither copied nor removed at the end.
    db.open(file, SQLITE_OPEN_READWRITE, vfs);
    if (db.ok())
      sqlite3_db_config(db.handle(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
    db.exec("PRAGMA locking_mode=EXCLUSIVE");
  } else {
    db.open("file:" + escaped(file) + "?immutable=1", SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, vfs);
  }
  return db.ok() ? inspect_tables(file, db) : refused(file, db);
}

} // namespace belfry::io

#include "belfry/io/store/database.hpp"

#include <algorithm>
#include <cerrno>
#include <sqlite3.h>
#include <system_error>

namespace belfry::io {

/// How long a connection waits for another one's lock.
static constexpr int busy_timeout_ms = 5000;

static std::string in_words(int rc, sqlite3* handle) {
  const int primary = rc & 0xff;
  const int system = handle != nullptr ? sqlite3_system_errno(handle) : 0;
  if (primary == SQLITE_FULL || (primary == SQLITE_IOERR && (system == EDQUOT || system == ENOSPC)))
    return std::string{disk_full};
  if (rc == SQLITE_IOERR_FSYNC || rc == SQLITE_IOERR_DIR_FSYNC)
    return "failed sync";
  if (primary == SQLITE_IOERR)
    return "I/O error (" + std::to_string(rc) + (system != 0 ? ", " + std::generic_category().message(system) : "")
           + ")";
  if (primary == SQLITE_READONLY)
    return "read-only";
  if (primary == SQLITE_CORRUPT || primary == SQLITE_NOTADB)
    return "damaged";
  if (primary == SQLITE_BUSY || primary == SQLITE_LOCKED)
    return "locked by another program";
  if (primary == SQLITE_CANTOPEN)
    return "cannot be opened" + (system != 0 ? " (" + std::generic_category().message(system) + ")" : std::string());
  // SQLite's own messages name tables and columns, never values.
  return handle != nullptr ? sqlite3_errmsg(handle) : sqlite3_errstr(rc);
}

/// SQLite's statistics of memory cost a lock, shared by all threads, at every allocation; nobody reads them. Does
/// nothing where a host has used SQLite before.
static void spare_statistics() {
  static const int done = sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
  static_cast<void>(done);
}

bool database::open(const std::string& file, int flags, const std::string& vfs) {
  close();
  spare_statistics();
  const int rc = sqlite3_open_v2(file.c_str(), &handle_, flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE,
                                 vfs.empty() ? nullptr : vfs.c_str());
  if (rc != SQLITE_OK)
    fail(rc);
  return ok();
}

void database::close() {
  for (auto& x : statements_)
    sqlite3_finalize(x.second);
  statements_.clear();
  sqlite3_close(handle_);
  handle_ = nullptr;
  clear_error();
}

void database::clear_error() {
  rc_ = 0;
  trouble_.clear();
}

void database::fail(int rc) {
  if (rc_ != 0)
    return;
  rc_ = rc;
  trouble_ = in_words(rc, handle_);
}

bool database::exec(const char* sql) {
  if (ok()) {
    const int rc = sqlite3_exec(handle_, sql, nullptr, nullptr, nullptr);
    if (rc != SQLITE_OK)
      fail(rc);
  }
  return ok();
}

sqlite3_stmt* database::prepared(std::string_view sql) {
  if (!ok())
    return nullptr;
  if (const auto found = statements_.find(sql); found != statements_.end())
    return found->second;
  sqlite3_stmt* out = nullptr;
  const int rc =
      sqlite3_prepare_v3(handle_, sql.data(), static_cast<int>(sql.size()), SQLITE_PREPARE_PERSISTENT, &out, nullptr);
  if (rc != SQLITE_OK) {
    fail(rc);
    return nullptr;
  }
  statements_.emplace(sql, out);
  return out;
}

statement::~statement() {
  if (raw_ == nullptr)
    return;
  sqlite3_reset(raw_);
  // Bound values belong to the caller; none may be looked at after this.
  sqlite3_clear_bindings(raw_);
}

void statement::bind(int i, std::int64_t x) {
  if (raw_ != nullptr)
    sqlite3_bind_int64(raw_, i, x);
}

void statement::bind(int i, std::string_view text) {
  if (raw_ != nullptr)
    sqlite3_bind_text64(raw_, i, text.data() != nullptr ? text.data() : "", text.size(), SQLITE_STATIC, SQLITE_UTF8);
}

void statement::bind(int i, bytes x) {
  if (raw_ != nullptr)
    sqlite3_bind_blob64(raw_, i, x.value.data() != nullptr ? x.value.data() : "", x.value.size(), SQLITE_STATIC);
}

void statement::bind(int i, optional_bytes x) {
  // A cleared binding is null.
  if (x.value)
    bind(i, bytes{*x.value});
}

void statement::bind(int i, const notification_id& id) {
  if (raw_ != nullptr)
    sqlite3_bind_blob64(raw_, i, id.bytes.data(), id.bytes.size(), SQLITE_STATIC);
}

bool statement::step() {
  if (raw_ == nullptr || !db_.ok())
    return false;
  const int rc = sqlite3_step(raw_);
  if (rc == SQLITE_ROW)
    return true;
  if (rc != SQLITE_DONE)
    db_.fail(rc);
  return false;
}

std::int64_t statement::integer(int column) {
  return sqlite3_column_int64(raw_, column);
}

std::string statement::text(int column) {
  const void* data = sqlite3_column_blob(raw_, column);
  const auto size = static_cast<std::size_t>(sqlite3_column_bytes(raw_, column));
  return data == nullptr ? std::string() : std::string(static_cast<const char*>(data), size);
}

notification_id statement::id(int column) {
  notification_id out;
  const std::string raw = text(column);
  std::copy_n(raw.begin(), std::min(raw.size(), out.bytes.size()), out.bytes.begin());
  return out;
}

std::int64_t changes(database& db) {
  return sqlite3_changes64(db.handle());
}

bool prepare_connection(database& db, bool writes, int cache_kib) {
  sqlite3_busy_timeout(db.handle(), busy_timeout_ms);
  db.exec("PRAGMA journal_mode=WAL");
  db.exec("PRAGMA synchronous=FULL");
  db.exec("PRAGMA temp_store=MEMORY");
  db.exec("PRAGMA wal_autocheckpoint=0");
  db.exec(("PRAGMA cache_size=-" + std::to_string(cache_kib)).c_str());
  if (writes)
    db.exec("PRAGMA secure_delete=ON");
  else
    db.exec("PRAGMA query_only=ON");
  return db.ok();
}

} // namespace belfry::io

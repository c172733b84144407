#pragma once

#include "belfry/messages/ids.hpp"

#include <concepts>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

struct sqlite3;
struct sqlite3_stmt;

namespace belfry::io {

/// Bytes for a BLOB column.
struct bytes {
  std::string_view value;
};

/// The same, or null.
struct optional_bytes {
  const std::optional<std::string>& value;
};

/// `database::trouble` when there is no room.
constexpr std::string_view disk_full = "disk full";

/// One connection to SQLite with its prepared statements. Used by one thread at a time. The first error sticks: until
/// it is cleared every statement does nothing, so that a series of statements is checked once, at its end.
class database {
public:
  database() = default;
  database(const database&) = delete;
  database& operator=(const database&) = delete;
  ~database() { close(); }

  /// `flags` are SQLITE_OPEN_*; false: `trouble` says why.
  bool open(const std::string& file, int flags, const std::string& vfs);
  void close();
  bool is_open() const { return handle_ != nullptr; }
  sqlite3* handle() { return handle_; }

  bool ok() const { return rc_ == 0; }
  /// The extended result code of the first error; 0: none.
  int rc() const { return rc_; }
  /// What went wrong, in words, without any data ("disk full").
  const std::string& trouble() const { return trouble_; }
  void clear_error();
  /// Remembers the error of the last call.
  void fail(int rc);

  /// Runs statements that return nothing of interest, without keeping them.
  bool exec(const char* sql);

private:
  friend class statement;

  struct text_hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view x) const { return std::hash<std::string_view>{}(x); }
  };

  sqlite3_stmt* prepared(std::string_view sql);

  sqlite3* handle_ = nullptr;
  int rc_ = 0;
  std::string trouble_;
  std::unordered_map<std::string, sqlite3_stmt*, text_hash, std::equal_to<>> statements_;
};

/// One run of a prepared statement. What is bound must outlive it.
class statement {
public:
  template <class... Args>
  statement(database& db, std::string_view sql, const Args&... args) : db_(db), raw_(db.prepared(sql)) {
    [[maybe_unused]] int i = 0;
    (bind(++i, args), ...);
  }
  statement(const statement&) = delete;
  statement& operator=(const statement&) = delete;
  ~statement();

  void bind(int i, std::int64_t x);
  void bind(int i, std::string_view text);
  void bind(int i, bytes x);
  void bind(int i, optional_bytes x);
  void bind(int i, const notification_id& id);
  template <class T>
  requires std::integral<T>
  void bind(int i, T x) { bind(i, static_cast<std::int64_t>(x)); }

  /// True: there is a row. False: the end, or an error (see the database).
  bool step();

  std::int64_t integer(int column);
  std::string text(int column);
  notification_id id(int column);

private:
  database& db_;
  sqlite3_stmt* raw_;
};

/// Runs a statement to its end; false on error.
template <class... Args>
bool run(database& db, std::string_view sql, const Args&... args) {
  statement s(db, sql, args...);
  while (s.step()) {
  }
  return db.ok();
}

/// The single number that a query returns; `otherwise` when there is no row or it is NULL.
template <class... Args>
std::int64_t number_of(database& db, std::int64_t otherwise, std::string_view sql, const Args&... args) {
  statement s(db, sql, args...);
  return s.step() ? s.integer(0) : otherwise;
}

/// How many rows the last statement of `db` changed.
std::int64_t changes(database& db);

/// The settings every connection needs, in the one order that works; `writes` adds those of connections that write.
bool prepare_connection(database& db, bool writes, int cache_kib);

} // namespace belfry::io

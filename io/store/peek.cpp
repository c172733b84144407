#include "belfry/io/store/peek.hpp"

#include "belfry/io/store/database.hpp"
#include "belfry/io/store/schema.hpp"
#include "belfry/io/store/sqlite_store.hpp"

#include <sqlite3.h>

namespace belfry::io {

namespace {

/// How long to wait for a writer that is in the way.
constexpr int busy_ms = 5'000;

template <class T>
result<std::optional<T>> checked(database& db, std::optional<T> found) {
  if (!db.ok())
    return error{ec::store_unavailable, db.trouble(), {}};
  return found;
}

} // namespace

store_peek::store_peek(std::unique_ptr<database> db) : db_(std::move(db)) {}
store_peek::store_peek(store_peek&&) noexcept = default;
store_peek::~store_peek() = default;

result<store_peek> store_peek::open(const std::string& path) {
  auto db = std::make_unique<database>();
  if (!db->open(path, SQLITE_OPEN_READONLY, {}))
    return error{ec::store_unavailable, path + ": " + db->trouble(), {}};
  sqlite3_busy_timeout(db->handle(), busy_ms);
  const auto mine = number_of(*db, 0, "PRAGMA application_id") == store_application_id;
  const auto version = number_of(*db, 0, "PRAGMA user_version");
  if (!db->ok() || !mine)
    return error{ec::store_unavailable, path + ": " + (db->ok() ? "not a store of Belfry" : db->trouble()), {}};
  if (version != static_cast<std::int64_t>(migrations().size()))
    return error{ec::store_unavailable, path + ": its schema is not that of this version; start the server once", {}};
  return store_peek{std::move(db)};
}

result<std::optional<stored_conversation>> store_peek::conversation(const conversation_id& id) {
  std::optional<stored_conversation> out;
  run(*db_, "BEGIN");
  std::int64_t since = 0;
  {
    statement s(*db_, "SELECT key, id, blob, since FROM conversation WHERE id = ?", std::string_view(id));
    if (s.step()) {
      out = {s.integer(0), s.text(1), s.text(2), {}};
      since = s.integer(3);
    }
  }
  if (out) {
    statement parts(*db_, "SELECT number, blob FROM part WHERE conversation = ?", out->key);
    while (parts.step())
      out->parts.emplace(parts.integer(0), parts.text(1));
    // The journal has no index: this reads all of it, which is what awake conversations wrote lately.
    statement entries(*db_, "SELECT blob FROM journal WHERE conversation = ? AND seq > ? ORDER BY seq", out->key,
                      since);
    while (entries.step())
      out->entries.push_back(entries.text(0));
  }
  run(*db_, "COMMIT");
  return checked(*db_, std::move(out));
}

result<std::optional<notification_row>> store_peek::notification(const notification_id& id) {
  std::optional<notification_row> out;
  {
    statement s(*db_, std::string("SELECT ") + notification_columns + " FROM notification WHERE id = ?", id);
    if (s.step())
      out = read_notification(s);
  }
  return checked(*db_, std::move(out));
}

result<std::optional<std::string>> store_peek::blob(const char* sql, std::string_view id) {
  std::optional<std::string> out;
  {
    statement s(*db_, sql, id);
    if (s.step())
      out = s.text(0);
  }
  return checked(*db_, std::move(out));
}

result<std::optional<std::string>> store_peek::person(const person_id& id) {
  return blob("SELECT blob FROM person WHERE id = ?", id);
}

result<std::optional<std::string>> store_peek::webhook(const webhook_id& id) {
  return blob("SELECT blob FROM webhook WHERE id = ?", id);
}

result<std::optional<std::string>> store_peek::setting(std::string_view name) {
  return blob("SELECT value FROM setting WHERE name = ?", name);
}

} // namespace belfry::io

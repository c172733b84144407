#include "belfry/io/store/sqlite_store.hpp"

namespace belfry::io {

/// Bounds of one call.
static constexpr std::int64_t notifications_max = 500;
static constexpr std::int64_t conversations_max = 100;
static constexpr std::int64_t known_max = 500;
/// Sweeps between two counts of the known ids.
static constexpr std::uint64_t count_ids_every = 300;

void sqlite_store::sweep_conversations(database& db, pending_changes& pending, millis before, bool& more) {
  std::vector<std::pair<std::int64_t, std::string>> ended;
  {
    statement s(db, "SELECT key, id FROM conversation WHERE ended_at > 0 AND ended_at < ? ORDER BY ended_at LIMIT ?",
                before, conversations_max);
    while (s.step())
      ended.emplace_back(s.integer(0), s.text(1));
  }
  for (const auto& [key, id] : ended) {
    run(db, "DELETE FROM membership WHERE conversation = ?", key);
    run(db, "DELETE FROM shown WHERE conversation = ?", std::string_view(id));
    run(db, "DELETE FROM conversation WHERE key = ?", key);
    run(db, "DELETE FROM part WHERE conversation = ?", key);
    pending.steps.push_back({key, pending.next_entry, false});
  }
  more = more || ended.size() == conversations_max;
}

void sqlite_store::sweep_known(database& db, const horizon& h, bool& more) {
  run(db, "DELETE FROM known WHERE seq IN (SELECT seq FROM known WHERE at < ? ORDER BY at LIMIT ?)", h.ids, known_max);
  more = more || changes(db) == known_max;
  // Counting reads as many rows as are kept: now and then.
  if (sweeps_++ % count_ids_every == 0)
    known_from_ = h.ids_max == SIZE_MAX ? 0 : first_known_row(db, h.ids_max);
  run(db, "DELETE FROM known WHERE seq IN (SELECT seq FROM known WHERE seq < ? ORDER BY seq LIMIT ?)", known_from_,
      known_max);
  more = more || changes(db) == known_max;
}

result<bool> sqlite_store::sweep(const horizon& h) {
  std::lock_guard writing(writing_);
  bool more = false;
  const auto done = write([&](database& db, pending_changes& pending) {
    run(db,
        "DELETE FROM notification WHERE seq IN (SELECT seq FROM notification INDEXED BY notification_finished"
        " WHERE state >= 2 AND created_at < ? ORDER BY created_at LIMIT ?)",
        h.trace, notifications_max);
    more = changes(db) == notifications_max;
    sweep_conversations(db, pending, h.ended, more);
    sweep_known(db, h, more);
  });
  if (!done)
    return done.error();
  return more;
}

} // namespace belfry::io

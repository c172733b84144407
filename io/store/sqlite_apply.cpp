#include "belfry/io/store/sqlite_store.hpp"
#include "belfry/io/store/unread.hpp"

namespace belfry::io {

change_writer::change_writer(database& db, pending_changes& pending, const std::vector<const unit*>& units)
    : db_(db), pending_(pending), units_(units) {
  std::size_t position = 0;
  for (const auto* u : units) {
    for (const auto& x : u->changes) {
      if (const auto* row = std::get_if<conversation_row>(&x))
        last_row_[row->key] = position;
      ++position;
    }
  }
}

void change_writer::write(millis now) {
  for (const auto* u : units_) {
    for (const auto& x : u->changes) {
      std::visit([this](const auto& change) { apply(change); }, x);
      ++position_;
    }
    if (!db_.ok())
      return;
  }
  if (!known_.empty())
    run(db_, "INSERT INTO known(at, ids) VALUES(?, ?)", now, bytes{known_});
}

void change_writer::apply(const journal_entry& x) {
  if (const auto row = last_row_.find(x.conversation); row != last_row_.end() && row->second > position_)
    return;
  const auto seq = pending_.next_entry++;
  run(db_, "INSERT INTO journal VALUES(?, ?, ?)", seq, x.conversation, bytes{x.blob});
  pending_.steps.push_back({x.conversation, seq, true});
}

void change_writer::apply(const conversation_row& x) {
  apply_parts(x);
  if (last_row_[x.key] > position_)
    return;
  const auto since = pending_.next_entry - 1;
  const auto unread = x.unread ? std::optional{encode(*x.unread)} : std::nullopt;
  run(db_, "UPDATE conversation SET due = ?, ended_at = ?, since = ?, unread = ?, blob = ? WHERE key = ? AND id = ?",
      x.due, x.ended_at, since, optional_bytes{unread}, bytes{x.blob}, x.key, std::string_view(x.id));
  if (db_.ok() && changes(db_) == 0) {
    run(db_, "DELETE FROM part WHERE conversation <> ? AND conversation = (SELECT key FROM conversation WHERE id = ?)",
        x.key, std::string_view(x.id));
    run(db_, "INSERT OR REPLACE INTO conversation VALUES(?, ?, ?, ?, ?, ?, ?)", x.key, std::string_view(x.id), x.due,
        x.ended_at, since, optional_bytes{unread}, bytes{x.blob});
  }
  pending_.steps.push_back({x.key, since, false});
}

/// Also those of a row that is superseded in the same commit: the later one names only what changed since.
void change_writer::apply_parts(const conversation_row& x) {
  for (const auto& p : x.parts) {
    if (p.blob.empty())
      run(db_, "DELETE FROM part WHERE conversation = ? AND number = ?", x.key, p.number);
    else
      run(db_, "INSERT OR REPLACE INTO part VALUES(?, ?, ?)", x.key, p.number, bytes{p.blob});
  }
}

void change_writer::apply(const membership& x) {
  if (x.member)
    run(db_, "INSERT OR IGNORE INTO membership VALUES(?, ?)", std::string_view(x.person), x.conversation);
  else
    run(db_, "DELETE FROM membership WHERE person = ? AND conversation = ?", std::string_view(x.person),
        x.conversation);
}

void change_writer::apply(const person_row& x) {
  run(db_,
      "INSERT INTO person(id, bot, blob, timed) VALUES(?, ?, ?, ?)"
      " ON CONFLICT(id) DO UPDATE SET bot = excluded.bot, blob = excluded.blob, timed = excluded.timed",
      std::string_view(x.id), x.bot, bytes{x.blob}, x.timed);
  if (!x.tokens)
    return;
  run(db_, "DELETE FROM token WHERE person = ?", std::string_view(x.id));
  for (const auto& t : *x.tokens)
    run(db_, "INSERT OR REPLACE INTO token VALUES(?, ?, ?)", bytes{t.token}, std::string_view(x.id), t.number);
}

void change_writer::apply(const update_row& x) {
  if (x.blob.empty())
    run(db_, "DELETE FROM mail WHERE seq = ?", x.seq);
  else
    run(db_, "INSERT OR REPLACE INTO mail VALUES(?, ?, ?)", x.seq, std::string_view(x.person), bytes{x.blob});
}

void change_writer::apply(const person_removed& x) {
  const std::string_view id = x.id;
  run(db_, "DELETE FROM person WHERE id = ?", id);
  run(db_, "DELETE FROM token WHERE person = ?", id);
  run(db_, "DELETE FROM mail WHERE person = ?", id);
  run(db_, "DELETE FROM shown WHERE person = ?", id);
  run(db_, "DELETE FROM presence WHERE person = ?", id);
  run(db_, "DELETE FROM parked WHERE person = ?", id);
  run(db_, "DELETE FROM notification WHERE person = ?", id);
}

void change_writer::apply(const presence_row& x) {
  if (x.blob.empty())
    run(db_, "DELETE FROM presence WHERE person = ? AND client = ?", std::string_view(x.person),
        std::string_view(x.client));
  else
    run(db_, "INSERT OR REPLACE INTO presence VALUES(?, ?, ?)", std::string_view(x.person), std::string_view(x.client),
        bytes{x.blob});
}

void change_writer::apply(const presence_cleared&) {
  run(db_, "DELETE FROM presence");
}

void change_writer::apply(const shown_row& x) {
  if (x.blob.empty())
    run(db_, "DELETE FROM shown WHERE person = ? AND conversation = ? AND grp = ?", std::string_view(x.person),
        std::string_view(x.conversation), static_cast<int>(x.group));
  else
    run(db_, "INSERT OR REPLACE INTO shown VALUES(?, ?, ?, ?)", std::string_view(x.person),
        std::string_view(x.conversation), static_cast<int>(x.group), bytes{x.blob});
}

void change_writer::apply(const notification_row& x) {
  const auto kind = static_cast<int>(x.kind);
  const auto state = static_cast<int>(x.state);
  // Only state and blob change in the life of a notification: the indexes on the rest are then left alone, and all of
  // them while it is not final, when most often not even the state changes.
  const auto update = [&](const char* sql) {
    run(db_, sql, state, x.open_deliveries, bytes{x.blob}, x.seq, x.id, std::string_view(x.person),
        std::string_view(x.conversation), std::string_view(x.subject), kind, x.created_at);
    return !db_.ok() || changes(db_) != 0;
  };
  constexpr auto keeping_state = "UPDATE notification SET deliveries = ?2, blob = ?3 WHERE seq = ?4 AND id = ?5"
                                 " AND person = ?6 AND conversation = ?7 AND subject = ?8 AND kind = ?9"
                                 " AND created_at = ?10 AND state = ?1";
  constexpr auto with_state =
      "UPDATE notification SET state = ?1, deliveries = ?2, blob = ?3 WHERE seq = ?4 AND id = ?5"
      " AND person = ?6 AND conversation = ?7 AND subject = ?8 AND kind = ?9"
      " AND created_at = ?10";
  const auto there = !x.fresh && ((!is_final(x.state) && update(keeping_state)) || update(with_state));
  if (!there && db_.ok())
    run(db_, "INSERT OR REPLACE INTO notification VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", x.seq, x.id,
        std::string_view(x.person), std::string_view(x.conversation), std::string_view(x.subject), kind, state,
        x.created_at, x.open_deliveries, bytes{x.blob});
}

void change_writer::apply(const parked_delivery& x) {
  run(db_, "INSERT OR REPLACE INTO parked VALUES(?, ?, ?, ?, ?, ?)", x.delivery, std::string_view(x.lane),
      std::string_view(x.person), x.notification_seq, x.due, x.call);
}

void change_writer::apply(const parked_removed& x) {
  run(db_, "DELETE FROM parked WHERE delivery = ?", x.delivery);
}

void change_writer::apply(const webhook_row& x) {
  if (x.blob.empty())
    run(db_, "DELETE FROM webhook WHERE id = ?", std::string_view(x.id));
  else
    run(db_, "INSERT OR REPLACE INTO webhook VALUES(?, ?)", std::string_view(x.id), bytes{x.blob});
}

void change_writer::apply(const known_id& x) {
  for (int shift = 0; shift < 64; shift += 8)
    known_.push_back(static_cast<char>((x.fingerprint >> shift) & 0xff));
  known_.push_back(static_cast<char>(x.space));
}

void change_writer::apply(const setting& x) {
  run(db_, "INSERT OR REPLACE INTO setting VALUES(?, ?)", std::string_view(x.name), std::string_view(x.value));
}

} // namespace belfry::io

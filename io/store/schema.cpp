#include "belfry/io/store/schema.hpp"

#include "belfry/io/store/database.hpp"

#include <array>
#include <string>

namespace belfry::io {

// `conversation.since`: journal entries of the conversation up to this number are superseded by the row.
// `notification.deliveries`: how many deliveries are not final; so that a wholly parked one can be told.
// `known.ids`: all ids that one commit made known, 9 bytes each.
// `mark`: numbers below it may have been given out (`conversation`, `notification`, `journal`).
static constexpr migration version_1 = R"sql(
CREATE TABLE mark(name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE conversation(key INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, due INTEGER NOT NULL,
  ended_at INTEGER NOT NULL, since INTEGER NOT NULL, blob BLOB NOT NULL);
CREATE INDEX conversation_due ON conversation(due) WHERE due > 0;
CREATE INDEX conversation_ended ON conversation(ended_at) WHERE ended_at > 0;
CREATE TABLE journal(seq INTEGER PRIMARY KEY, conversation INTEGER NOT NULL, blob BLOB NOT NULL);
CREATE TABLE membership(person TEXT NOT NULL, conversation INTEGER NOT NULL, PRIMARY KEY(person, conversation))
  WITHOUT ROWID;
CREATE INDEX membership_conversation ON membership(conversation);
CREATE TABLE person(key INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, bot INTEGER NOT NULL, blob BLOB NOT NULL);
CREATE INDEX person_bot ON person(id) WHERE bot = 1;
CREATE TABLE presence(person TEXT NOT NULL, client TEXT NOT NULL, blob BLOB NOT NULL, PRIMARY KEY(person, client))
  WITHOUT ROWID;
CREATE TABLE shown(person TEXT NOT NULL, conversation TEXT NOT NULL, grp INTEGER NOT NULL, blob BLOB NOT NULL,
  PRIMARY KEY(person, conversation, grp)) WITHOUT ROWID;
CREATE INDEX shown_conversation ON shown(conversation);
CREATE TABLE notification(seq INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE, person TEXT NOT NULL,
  conversation TEXT NOT NULL, subject TEXT NOT NULL, kind INTEGER NOT NULL, state INTEGER NOT NULL,
  created_at INTEGER NOT NULL, deliveries INTEGER NOT NULL, blob BLOB NOT NULL);
CREATE INDEX notification_person ON notification(person);
CREATE INDEX notification_conversation ON notification(conversation);
CREATE INDEX notification_message ON notification(subject) WHERE kind < 2;
CREATE INDEX notification_unfinished ON notification(seq) WHERE state < 2;
CREATE INDEX notification_unfinished_person ON notification(person) WHERE state < 2;
CREATE INDEX notification_finished ON notification(created_at) WHERE state >= 2;
CREATE TABLE parked(delivery BLOB PRIMARY KEY, lane TEXT NOT NULL, person TEXT NOT NULL, seq INTEGER NOT NULL,
  due INTEGER NOT NULL, call INTEGER NOT NULL) WITHOUT ROWID;
CREATE INDEX parked_lane ON parked(lane, call, due, seq);
CREATE INDEX parked_seq ON parked(seq);
CREATE INDEX parked_person ON parked(person);
CREATE TABLE webhook(id TEXT PRIMARY KEY, blob BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE known(seq INTEGER PRIMARY KEY, at INTEGER NOT NULL, ids BLOB NOT NULL);
CREATE INDEX known_at ON known(at);
CREATE TABLE setting(name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
)sql";

// Who claims a device token, by which number (io::token_claim); which persons a restart must load (io::person_row).
static constexpr migration version_2 = R"sql(
CREATE TABLE token(token BLOB NOT NULL, person TEXT NOT NULL, claim INTEGER NOT NULL, PRIMARY KEY(token, person))
  WITHOUT ROWID;
CREATE INDEX token_person ON token(person);
ALTER TABLE person ADD COLUMN timed INTEGER NOT NULL DEFAULT 0;
CREATE INDEX person_timed ON person(id) WHERE timed = 1;
)sql";

// What persons were told and have not applied yet (io::update_row).
static constexpr migration version_3 = R"sql(
CREATE TABLE mail(seq INTEGER PRIMARY KEY, person TEXT NOT NULL, blob BLOB NOT NULL);
CREATE INDEX mail_person ON mail(person);
)sql";

// An index for every filter of the trace (by person, conversation, message and what is unfinished since version 1).
static constexpr migration version_4 = R"sql(
CREATE INDEX notification_kind ON notification(kind);
CREATE INDEX notification_not_sent ON notification(seq) WHERE state = 3;
)sql";

// What a member has not read; null: never written.
static constexpr migration version_5 = R"sql(
ALTER TABLE membership ADD COLUMN unread INTEGER;
)sql";

// What members have not read stands with the conversation, where it costs no page of its own: every (person, count)
// that is not 0; null: not known. Before the blob, so that it is read without it. Large states are kept in parts
// (io::row_part).
static constexpr migration version_6 = R"sql(
ALTER TABLE membership DROP COLUMN unread;
CREATE TABLE conversation_6(key INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, due INTEGER NOT NULL,
  ended_at INTEGER NOT NULL, since INTEGER NOT NULL, unread BLOB, blob BLOB NOT NULL);
INSERT INTO conversation_6 SELECT key, id, due, ended_at, since, NULL, blob FROM conversation;
DROP TABLE conversation;
ALTER TABLE conversation_6 RENAME TO conversation;
CREATE INDEX conversation_due ON conversation(due) WHERE due > 0;
CREATE INDEX conversation_ended ON conversation(ended_at) WHERE ended_at > 0;
CREATE TABLE part(conversation INTEGER NOT NULL, number INTEGER NOT NULL, blob BLOB NOT NULL,
  PRIMARY KEY(conversation, number)) WITHOUT ROWID;
)sql";

static constexpr std::array<migration, 6> all_migrations{version_1, version_2, version_3,
                                                         version_4, version_5, version_6};

static constexpr std::array<const char*, 28> probes{
    "SELECT * FROM mark ORDER BY name LIMIT 1",
    "SELECT * FROM mark ORDER BY name DESC LIMIT 1",
    "SELECT * FROM conversation ORDER BY key LIMIT 1",
    "SELECT * FROM conversation ORDER BY key DESC LIMIT 1",
    "SELECT * FROM part ORDER BY conversation, number LIMIT 1",
    "SELECT * FROM part ORDER BY conversation DESC, number DESC LIMIT 1",
    "SELECT * FROM journal ORDER BY seq LIMIT 1",
    "SELECT * FROM journal ORDER BY seq DESC LIMIT 1",
    "SELECT * FROM membership ORDER BY person, conversation LIMIT 1",
    "SELECT * FROM membership ORDER BY person DESC, conversation DESC LIMIT 1",
    "SELECT * FROM person ORDER BY key LIMIT 1",
    "SELECT * FROM person ORDER BY key DESC LIMIT 1",
    "SELECT * FROM presence ORDER BY person, client LIMIT 1",
    "SELECT * FROM presence ORDER BY person DESC, client DESC LIMIT 1",
    "SELECT * FROM shown ORDER BY person, conversation, grp LIMIT 1",
    "SELECT * FROM shown ORDER BY person DESC, conversation DESC, grp DESC LIMIT 1",
    "SELECT * FROM notification ORDER BY seq LIMIT 1",
    "SELECT * FROM notification ORDER BY seq DESC LIMIT 1",
    "SELECT * FROM parked ORDER BY delivery LIMIT 1",
    "SELECT * FROM parked ORDER BY delivery DESC LIMIT 1",
    "SELECT * FROM webhook ORDER BY id LIMIT 1",
    "SELECT * FROM known ORDER BY seq LIMIT 1",
    "SELECT * FROM known ORDER BY seq DESC LIMIT 1",
    "SELECT * FROM setting ORDER BY name LIMIT 1",
    "SELECT * FROM token ORDER BY token, person LIMIT 1",
    "SELECT * FROM token ORDER BY token DESC, person DESC LIMIT 1",
    "SELECT * FROM mail ORDER BY seq LIMIT 1",
    "SELECT * FROM mail ORDER BY seq DESC LIMIT 1",
};

std::span<const migration> migrations() {
  return all_migrations;
}

std::span<const char* const> end_probes() {
  return probes;
}

bool migrate(database& db, std::span<const migration> steps) {
  const auto now = number_of(db, 0, "PRAGMA user_version");
  for (auto version = static_cast<std::size_t>(now) + 1; db.ok() && version <= steps.size(); ++version) {
    db.exec("BEGIN IMMEDIATE");
    db.exec(steps[version - 1]);
    db.exec(("PRAGMA user_version=" + std::to_string(version)).c_str());
    db.exec("COMMIT");
    if (!db.ok()) {
      const int rc = db.rc();
      db.clear_error();
      db.exec("ROLLBACK");
      db.clear_error();
      db.fail(rc);
    }
  }
  return db.ok();
}

} // namespace belfry::io

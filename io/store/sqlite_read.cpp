#include "belfry/io/store/sqlite_store.hpp"
#include "belfry/io/store/unread.hpp"

#include <algorithm>
#include <iterator>
#include <limits>
#include <sqlite3.h>

namespace belfry::io {

/// Of the parked deliveries whose time has come, at most this many are looked at for the oldest.
static constexpr std::size_t matured_max = 4096;

static std::int64_t as_limit(std::size_t limit) {
  return static_cast<std::int64_t>(std::min<std::size_t>(limit, std::numeric_limits<std::int32_t>::max()));
}

reader_pool::loan::~loan() {
  std::lock_guard guard(pool_.mutex_);
  pool_.free_.push_back(&db_);
  pool_.freed_.notify_one();
}

bool reader_pool::open(const std::string& file, const sqlite_settings& settings, std::string& trouble) {
  for (std::size_t i = 0; i < std::max<std::size_t>(settings.readers, 1); ++i) {
    auto db = std::make_unique<database>();
    if (!db->open(file, SQLITE_OPEN_READWRITE, settings.vfs) || !prepare_connection(*db, false, 8192)) {
      trouble = db->trouble();
      return false;
    }
    free_.push_back(db.get());
    all_.push_back(std::move(db));
  }
  return true;
}

void reader_pool::close() {
  free_.clear();
  all_.clear();
}

reader_pool::loan reader_pool::borrow() {
  std::unique_lock guard(mutex_);
  freed_.wait(guard, [this] { return !free_.empty(); });
  auto* db = free_.back();
  free_.pop_back();
  db->clear_error();
  return {*this, *db};
}

/// One snapshot for several statements.
class snapshot {
public:
  explicit snapshot(database& db) : db_(db) { run(db_, "BEGIN"); }
  ~snapshot() {
    if (sqlite3_get_autocommit(db_.handle()) == 0)
      sqlite3_exec(db_.handle(), "ROLLBACK", nullptr, nullptr, nullptr);
  }

private:
  database& db_;
};

notification_row read_notification(statement& s) {
  notification_row out;
  out.seq = static_cast<std::uint64_t>(s.integer(0));
  out.id = s.id(1);
  out.person = s.text(2);
  out.conversation = s.text(3);
  out.subject = s.text(4);
  out.kind = static_cast<kind>(s.integer(5));
  out.state = static_cast<trace_state>(s.integer(6));
  out.created_at = s.integer(7);
  out.open_deliveries = static_cast<std::uint32_t>(s.integer(8));
  out.blob = s.text(9);
  return out;
}

static std::string select_notifications(std::string_view rest) {
  return std::string("SELECT ") + notification_columns + " FROM notification WHERE " + std::string(rest);
}

std::uint64_t sqlite_store::superseded() {
  std::shared_lock publishing(publishing_);
  return journal_.superseded();
}

std::optional<stored_conversation> sqlite_store::read_conversation(database& db, const conversation_id* id,
                                                                   std::int64_t by_key) {
  std::optional<snapshot> view;
  stored_conversation out;
  std::int64_t since = 0;
  std::vector<std::int64_t> entries;
  // Entries may have been superseded since the snapshot was taken: then another one is.
  for (bool agree = false; !agree;) {
    const auto before = superseded();
    view.reset();
    view.emplace(db);
    const std::string sql =
        std::string("SELECT key, id, blob, since FROM conversation WHERE ") + (id ? "id = ?" : "key = ?");
    statement s(db, sql);
    if (id != nullptr)
      s.bind(1, std::string_view(*id));
    else
      s.bind(1, by_key);
    if (!s.step())
      return std::nullopt;
    out = {s.integer(0), s.text(1), s.text(2), {}};
    since = s.integer(3);
    std::shared_lock publishing(publishing_);
    agree = journal_.superseded() == before;
    entries = journal_.entries(out.key);
  }
  std::erase_if(entries, [&](auto seq) { return seq <= since; });
  {
    statement s(db, "SELECT number, blob FROM part WHERE conversation = ? ORDER BY number", out.key);
    while (s.step())
      out.parts.emplace(s.integer(0), s.text(1));
  }
  for (const auto seq : entries) {
    statement s(db, "SELECT blob FROM journal WHERE seq = ?", seq);
    if (s.step())
      out.entries.push_back(s.text(0));
  }
  return out;
}

result<std::optional<stored_conversation>> sqlite_store::load_conversation(const conversation_id& id) {
  auto db = readers_.borrow();
  auto out = read_conversation(*db, &id, 0);
  if (!(*db).ok())
    return trouble(*db);
  return out;
}

result<success> sqlite_store::each_journaled(const std::function<void(stored_conversation&&)>& visit) {
  std::vector<std::int64_t> keys;
  {
    std::shared_lock publishing(publishing_);
    keys = journal_.conversations();
  }
  for (const auto key : keys) {
    std::optional<stored_conversation> found;
    {
      auto db = readers_.borrow();
      found = read_conversation(*db, nullptr, key);
      if (!(*db).ok())
        return trouble(*db);
    }
    if (found && !found->entries.empty())
      visit(std::move(*found));
  }
  return success{};
}

static std::string person_blob(database& db, std::string_view person) {
  statement s(db, "SELECT blob FROM person WHERE id = ?", person);
  return s.step() ? s.text(0) : std::string();
}

result<std::string> sqlite_store::load_profile(const person_id& id) {
  auto db = readers_.borrow();
  auto out = person_blob(*db, id);
  if (!(*db).ok())
    return trouble(*db);
  return out;
}

std::unordered_set<std::int64_t> sqlite_store::journaled_of(database& db, std::string_view person) {
  std::vector<std::int64_t> keys;
  statement s(db, "SELECT conversation FROM membership WHERE person = ?", person);
  while (s.step())
    keys.push_back(s.integer(0));
  std::unordered_set<std::int64_t> out;
  std::shared_lock publishing(publishing_);
  std::copy_if(keys.begin(), keys.end(), std::inserter(out, out.end()), [&](auto key) { return journal_.has(key); });
  return out;
}

result<stored_person> sqlite_store::load_person(const person_id& id) {
  auto db = readers_.borrow();
  const std::string_view person = id;
  // Asked before the rows are read: of what comes later the person, who is on the way to memory, is told.
  const auto journaled = journaled_of(*db, person);
  snapshot view(*db);
  stored_person out;
  out.blob = person_blob(*db, person);
  {
    statement s(*db,
                "SELECT c.id, c.key, c.unread IS NULL, c.unread FROM membership m"
                " JOIN conversation c ON c.key = m.conversation WHERE m.person = ? ORDER BY m.conversation",
                person);
    while (s.step()) {
      const auto known = s.integer(2) == 0 && !journaled.contains(s.integer(1));
      out.conversations.push_back({s.text(0), known ? std::optional{unread_of(id, s.text(3))} : std::nullopt});
    }
  }
  {
    statement s(*db, "SELECT conversation, grp, blob FROM shown WHERE person = ? ORDER BY conversation, grp", person);
    while (s.step())
      out.shown.push_back({id, s.text(0), static_cast<group>(s.integer(1)), s.text(2)});
  }
  {
    statement s(*db, select_notifications("person = ? AND state < 2 ORDER BY seq"), person);
    while (s.step())
      out.unfinished.push_back(read_notification(s));
  }
  {
    statement s(*db, "SELECT seq, blob FROM mail WHERE person = ? ORDER BY seq", person);
    while (s.step())
      out.updates.push_back({static_cast<std::uint64_t>(s.integer(0)), id, s.text(1)});
  }
  // Whoever has no row has no devices.
  if (!out.blob.empty()) {
    statement s(*db,
                "SELECT token FROM token t WHERE person = ? AND EXISTS"
                " (SELECT 1 FROM token other WHERE other.token = t.token AND other.claim > t.claim)",
                person);
    while (s.step())
      out.lost_tokens.push_back(s.text(0));
  }
  if (!(*db).ok())
    return trouble(*db);
  return out;
}

result<std::vector<claimant>> sqlite_store::claimants(std::string_view token) {
  auto db = readers_.borrow();
  std::vector<claimant> out;
  statement s(*db, "SELECT person, claim FROM token WHERE token = ? ORDER BY claim DESC", bytes{token});
  while (s.step())
    out.push_back({s.text(0), static_cast<std::uint64_t>(s.integer(1))});
  if (!(*db).ok())
    return trouble(*db);
  return out;
}

namespace {

/// The filters of a query that an index answers, the most telling one first; the others are looked at row by row.
struct trace_filters {
  explicit trace_filters(const trace_query& q) {
    add(q.message.has_value(), "kind < 2 AND subject = ?");
    add(q.conversation.has_value(), "conversation = ?");
    add(q.person.has_value(), "person = ?");
    add(q.state && *q.state == trace_state::not_sent, "state = 3");
    add(q.state && !is_final(*q.state), "state < 2");
    add(q.kind.has_value(), "kind = ?");
  }

  void add(bool set, std::string_view text) {
    if (set)
      (indexed.empty() ? indexed : others).append(" AND ").append(text);
  }

  std::string indexed, others;
};

} // namespace

result<notification_page> sqlite_store::query(const trace_query& q) {
  trace_filters filters{q};
  auto others = filters.others;
  if (q.state)
    others += " AND state = ?";
  const auto inner = " FROM notification WHERE seq < ?" + filters.indexed + " ORDER BY seq DESC LIMIT "
                     + std::to_string(trace_visits_max);
  constexpr auto newest = std::numeric_limits<std::int64_t>::max();
  const auto before =
      q.before == 0 || q.before > static_cast<std::uint64_t>(newest) ? newest : static_cast<std::int64_t>(q.before);
  auto bind = [&](statement& s, bool all) {
    int i = 0;
    s.bind(++i, before);
    auto first = true;
    for (const auto* text : {&q.message, &q.conversation, &q.person}) {
      if (*text && (first || all))
        s.bind(++i, std::string_view(**text));
      first = first && !*text;
    }
    const auto kind_is_indexed = filters.indexed == " AND kind = ?";
    if (q.kind && (all || kind_is_indexed))
      s.bind(++i, static_cast<int>(*q.kind));
    return i;
  };
  auto db = readers_.borrow();
  notification_page out;
  {
    statement s(*db, std::string("SELECT ") + notification_columns + " FROM (SELECT *" + inner + ") WHERE 1" + others
                         + " ORDER BY seq DESC LIMIT ?");
    auto i = bind(s, true);
    if (q.state)
      s.bind(++i, static_cast<int>(*q.state));
    s.bind(++i, as_limit(q.limit));
    while (s.step())
      out.rows.push_back(read_notification(s));
  }
  if (!out.rows.empty() && out.rows.size() >= q.limit)
    out.next = out.rows.back().seq;
  else if (!others.empty()) {
    statement s(*db, "SELECT min(seq), count(*) FROM (SELECT seq" + inner + ")");
    bind(s, false);
    if (s.step() && static_cast<std::size_t>(s.integer(1)) >= trace_visits_max)
      out.next = static_cast<std::uint64_t>(s.integer(0));
  }
  if (!(*db).ok())
    return trouble(*db);
  return out;
}

result<std::optional<notification_row>> sqlite_store::find_notification(const notification_id& id) {
  auto db = readers_.borrow();
  std::optional<notification_row> out;
  statement s(*db, select_notifications("id = ?"), id);
  if (s.step())
    out = read_notification(s);
  if (!(*db).ok())
    return trouble(*db);
  return out;
}

static parked_delivery read_parked(statement& s) {
  return {s.id(0), s.text(1), s.text(2), static_cast<std::uint64_t>(s.integer(3)), s.integer(4), s.integer(5) != 0};
}

/// Those of a lane that may be tried, calls or the others, oldest first.
static std::vector<parked_delivery> ready(database& db, std::string_view lane, bool call, millis now,
                                          std::size_t limit) {
  std::vector<parked_delivery> out;
  {
    statement s(db,
                "SELECT delivery, lane, person, seq, due, call FROM parked"
                " WHERE lane = ? AND call = ? AND due = 0 ORDER BY seq LIMIT ?",
                lane, call, as_limit(limit));
    while (s.step())
      out.push_back(read_parked(s));
  }
  {
    statement s(db,
                "SELECT delivery, lane, person, seq, due, call FROM parked"
                " WHERE lane = ? AND call = ? AND due > 0 AND due <= ? ORDER BY due, seq LIMIT ?",
                lane, call, now, as_limit(std::max(limit, matured_max)));
    while (s.step())
      out.push_back(read_parked(s));
  }
  std::sort(out.begin(), out.end(), [](const auto& a, const auto& b) {
    return std::tie(a.notification_seq, a.delivery) < std::tie(b.notification_seq, b.delivery);
  });
  if (out.size() > limit)
    out.resize(limit);
  return out;
}

result<std::vector<parked_delivery>> sqlite_store::parked(std::string_view lane, millis now, std::size_t limit) {
  auto db = readers_.borrow();
  snapshot view(*db);
  auto out = ready(*db, lane, true, now, limit);
  if (out.size() < limit) {
    auto others = ready(*db, lane, false, now, limit - out.size());
    std::move(others.begin(), others.end(), std::back_inserter(out));
  }
  if (!(*db).ok())
    return trouble(*db);
  return out;
}

result<std::optional<millis>> sqlite_store::parked_due(std::string_view lane) {
  auto db = readers_.borrow();
  snapshot view(*db);
  std::optional<millis> out;
  for (const int call : {0, 1}) {
    statement s(*db, "SELECT due FROM parked WHERE lane = ? AND call = ? ORDER BY due LIMIT 1", lane, call);
    if (s.step())
      out = std::min(out.value_or(std::numeric_limits<millis>::max()), s.integer(0));
  }
  if (!(*db).ok())
    return trouble(*db);
  return out;
}

result<std::vector<std::string>> sqlite_store::parked_lanes() {
  auto db = readers_.borrow();
  std::vector<std::string> out;
  // From lane to lane by the index, instead of over all rows.
  std::string last;
  while (true) {
    statement s(*db, "SELECT lane FROM parked WHERE lane > ? ORDER BY lane LIMIT 1", std::string_view(last));
    if (!s.step())
      break;
    last = s.text(0);
    out.push_back(last);
  }
  if (!(*db).ok())
    return trouble(*db);
  return out;
}

result<std::vector<due_conversation>> sqlite_store::due_conversations() {
  std::vector<due_conversation> out;
  auto db = readers_.borrow();
  snapshot view(*db);
  std::shared_lock publishing(publishing_);
  statement s(*db, "SELECT key, id, due FROM conversation WHERE due > 0 ORDER BY due, key");
  while (s.step())
    if (!journal_.has(s.integer(0)))
      out.push_back({s.text(1), s.integer(2)});
  if (!(*db).ok())
    return trouble(*db);
  return out;
}

/// The row that the newest so many ids begin with.
std::int64_t first_known_row(database& db, std::size_t newest) {
  std::int64_t first = 0;
  std::size_t counted = 0;
  statement s(db, "SELECT seq, length(ids) FROM known ORDER BY seq DESC");
  while (counted < newest && s.step()) {
    first = s.integer(0);
    counted += static_cast<std::size_t>(s.integer(1)) / known_id_size;
  }
  return first;
}

result<success> sqlite_store::each_known_id(std::size_t newest,
                                            const std::function<void(const known_id&, millis)>& visit) {
  auto db = readers_.borrow();
  statement s(*db, "SELECT at, ids FROM known WHERE seq >= ? ORDER BY seq", first_known_row(*db, newest));
  while (s.step()) {
    const auto ids = s.text(1);
    for (std::size_t i = 0; i + known_id_size <= ids.size(); i += known_id_size) {
      known_id x;
      for (std::size_t j = 8; j-- > 0;)
        x.fingerprint = x.fingerprint << 8 | static_cast<std::uint8_t>(ids[i + j]);
      x.space = static_cast<std::uint8_t>(ids[i + 8]);
      visit(x, s.integer(0));
    }
  }
  if (!(*db).ok())
    return trouble(*db);
  return success{};
}

result<std::vector<presence_row>> sqlite_store::presence() {
  auto db = readers_.borrow();
  std::vector<presence_row> out;
  statement s(*db, "SELECT person, client, blob FROM presence ORDER BY person, client");
  while (s.step())
    out.push_back({s.text(0), s.text(1), s.text(2)});
  if (!(*db).ok())
    return trouble(*db);
  return out;
}

result<std::vector<webhook_row>> sqlite_store::webhooks() {
  auto db = readers_.borrow();
  std::vector<webhook_row> out;
  statement s(*db, "SELECT id, blob FROM webhook ORDER BY id");
  while (s.step())
    out.push_back({s.text(0), s.text(1)});
  if (!(*db).ok())
    return trouble(*db);
  return out;
}

result<std::vector<person_id>> sqlite_store::persons_where(const char* select) {
  auto db = readers_.borrow();
  std::vector<person_id> out;
  statement s(*db, select);
  while (s.step())
    out.push_back(s.text(0));
  if (!(*db).ok())
    return trouble(*db);
  return out;
}

result<std::vector<person_id>> sqlite_store::bots() {
  return persons_where("SELECT id FROM person WHERE bot = 1 ORDER BY id");
}

result<std::vector<person_id>> sqlite_store::timed_persons() {
  return persons_where("SELECT id FROM person WHERE timed = 1 UNION SELECT person FROM mail ORDER BY 1");
}

result<std::optional<std::string>> sqlite_store::setting(std::string_view name) {
  auto db = readers_.borrow();
  std::optional<std::string> out;
  statement s(*db, "SELECT value FROM setting WHERE name = ?", name);
  if (s.step())
    out = s.text(0);
  if (!(*db).ok())
    return trouble(*db);
  return out;
}

result<std::vector<unfinished_notification>> sqlite_store::unfinished(std::uint64_t after, std::size_t limit) {
  auto db = readers_.borrow();
  std::vector<unfinished_notification> out;
  statement s(*db,
              "SELECT seq, person FROM notification n INDEXED BY notification_unfinished"
              " WHERE state < 2 AND seq > ? AND NOT EXISTS (SELECT 1 FROM parked p WHERE p.seq = n.seq"
              " GROUP BY p.seq HAVING count(*) >= n.deliveries) ORDER BY seq LIMIT ?",
              static_cast<std::int64_t>(after), as_limit(limit));
  while (s.step())
    out.push_back({static_cast<std::uint64_t>(s.integer(0)), s.text(1)});
  if (!(*db).ok())
    return trouble(*db);
  return out;
}

} // namespace belfry::io

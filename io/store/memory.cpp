#include "belfry/io/store/memory.hpp"

#include "belfry/io/store/store.hpp"

#include <algorithm>

namespace belfry::io {

std::unique_ptr<store> make_memory_store() {
  return std::make_unique<memory_store>();
}

void memory_store::fail_next_commits(int count, std::string trouble) {
  std::lock_guard guard(mutex_);
  failures_ = count;
  trouble_ = std::move(trouble);
}

void memory_store::refuse_to_load(std::string id) {
  std::lock_guard guard(mutex_);
  unloadable_ = std::move(id);
}

void memory_store::refuse_setting(std::string name) {
  std::lock_guard guard(mutex_);
  refused_setting_ = std::move(name);
}

bool memory_store::refuses(const unit& u) const {
  return !refused_setting_.empty() && std::any_of(u.changes.begin(), u.changes.end(), [this](const change& x) {
    const auto* s = std::get_if<io::setting>(&x);
    return s != nullptr && s->name == refused_setting_;
  });
}

std::size_t memory_store::commits() const {
  std::lock_guard guard(mutex_);
  return commits_;
}

std::optional<error> memory_store::next_failure() {
  if (failures_ == 0)
    return std::nullopt;
  --failures_;
  return error{ec::store_unavailable, "memory: " + trouble_, {}};
}

result<success> memory_store::commit(const std::vector<const unit*>& units, millis now) {
  std::lock_guard guard(mutex_);
  if (auto failure = next_failure())
    return *failure;
  if (std::any_of(units.begin(), units.end(), [this](const unit* u) { return refuses(*u); }))
    return error{ec::bad_input, "memory: a setting that is refused", {}};
  for (const auto* u : units)
    for (const auto& x : u->changes)
      std::visit([&](const auto& change) { apply(change, now); }, x);
  ++commits_;
  return success{};
}

stored_conversation memory_store::conversation::stored() const {
  return {row.key, row.id, row.blob, entries, parts};
}

std::optional<std::uint32_t> memory_store::conversation::unread(const person_id& who) const {
  if (!row.unread || !entries.empty())
    return std::nullopt;
  const auto& all = *row.unread;
  const auto found = std::find_if(all.begin(), all.end(), [&](const auto& x) { return x.person == who; });
  return found == all.end() ? 0 : found->count;
}

void memory_store::apply(const journal_entry& x, millis) {
  // Entries of unknown conversations are never read again.
  if (const auto found = conversations_.find(x.conversation); found != conversations_.end())
    found->second.entries.push_back(x.blob);
}

void memory_store::apply(const conversation_row& x, millis) {
  if (const auto other = keys_.find(x.id); other != keys_.end() && other->second != x.key)
    conversations_.erase(other->second);
  keys_[x.id] = x.key;
  auto& c = conversations_[x.key];
  c.row = x;
  c.entries.clear();
  for (const auto& p : x.parts) {
    if (p.blob.empty())
      c.parts.erase(p.number);
    else
      c.parts[p.number] = p.blob;
  }
}

void memory_store::apply(const membership& x, millis) {
  if (x.member)
    members_.emplace(x.person, x.conversation);
  else
    members_.erase({x.person, x.conversation});
}

void memory_store::apply(const person_row& x, millis) {
  auto& row = persons_[x.id];
  auto before = row.tokens;
  if (x.tokens)
    forget_claims(row);
  row = x;
  if (!x.tokens)
    row.tokens = std::move(before);
  else
    for (const auto& t : *x.tokens)
      claims_[t.token][x.id] = t.number;
}

void memory_store::forget_claims(const person_row& x) {
  for (const auto& t : x.tokens.value_or(std::vector<token_claim>{})) {
    auto i = claims_.find(t.token);
    if (i != claims_.end() && i->second.erase(x.id) > 0 && i->second.empty())
      claims_.erase(i);
  }
}

void memory_store::apply(const update_row& x, millis) {
  if (x.blob.empty())
    mails_.erase(x.seq);
  else
    mails_[x.seq] = x;
}

void memory_store::apply(const person_removed& x, millis) {
  if (auto person = persons_.find(x.id); person != persons_.end()) {
    forget_claims(person->second);
    persons_.erase(person);
  }
  std::erase_if(mails_, [&](const auto& m) { return m.second.person == x.id; });
  std::erase_if(shown_, [&](const auto& s) { return s.second.person == x.id; });
  std::erase_if(presence_, [&](const auto& p) { return p.second.person == x.id; });
  std::erase_if(parked_, [&](const auto& p) { return p.second.person == x.id; });
  std::erase_if(seqs_, [&](const auto& s) { return notifications_.at(s.second).person == x.id; });
  std::erase_if(notifications_, [&](const auto& n) { return n.second.person == x.id; });
}

void memory_store::apply(const presence_row& x, millis) {
  if (x.blob.empty())
    presence_.erase({x.person, x.client});
  else
    presence_[{x.person, x.client}] = x;
}

void memory_store::apply(const presence_cleared&, millis) {
  presence_.clear();
}

void memory_store::apply(const shown_row& x, millis) {
  const auto key = std::make_tuple(x.person, x.conversation, x.group);
  if (x.blob.empty())
    shown_.erase(key);
  else
    shown_[key] = x;
}

void memory_store::apply(const notification_row& x, millis) {
  if (const auto other = seqs_.find(x.id); other != seqs_.end())
    notifications_.erase(other->second);
  if (const auto old = notifications_.find(x.seq); old != notifications_.end())
    seqs_.erase(old->second.id);
  seqs_[x.id] = x.seq;
  notifications_[x.seq] = x;
}

void memory_store::apply(const parked_delivery& x, millis) {
  parked_[x.delivery] = x;
}

void memory_store::apply(const parked_removed& x, millis) {
  parked_.erase(x.delivery);
}

void memory_store::apply(const webhook_row& x, millis) {
  if (x.blob.empty())
    webhooks_.erase(x.id);
  else
    webhooks_[x.id] = x;
}

void memory_store::apply(const known_id& x, millis now) {
  known_.emplace_back(x, now);
}

void memory_store::apply(const io::setting& x, millis) {
  settings_[x.name] = x.value;
}

void memory_store::erase_conversation(std::int64_t key) {
  const auto id = conversations_.at(key).row.id;
  keys_.erase(id);
  conversations_.erase(key);
  std::erase_if(members_, [&](const auto& m) { return m.second == key; });
  std::erase_if(shown_, [&](const auto& s) { return s.second.conversation == id; });
}

result<bool> memory_store::sweep(const horizon& h) {
  std::lock_guard guard(mutex_);
  if (auto failure = next_failure())
    return *failure;
  const auto old = [&](const notification_row& n) { return is_final(n.state) && n.created_at < h.trace; };
  std::erase_if(seqs_, [&](const auto& s) { return old(notifications_.at(s.second)); });
  std::erase_if(notifications_, [&](const auto& n) { return old(n.second); });
  std::vector<std::int64_t> ended;
  for (const auto& [key, c] : conversations_)
    if (c.row.ended_at > 0 && c.row.ended_at < h.ended)
      ended.push_back(key);
  for (const auto key : ended)
    erase_conversation(key);
  std::erase_if(known_, [&](const auto& k) { return k.second < h.ids; });
  return false;
}

std::int64_t memory_store::new_conversation_key() {
  std::lock_guard guard(mutex_);
  return ++last_key_;
}

std::uint64_t memory_store::new_notification_seq() {
  std::lock_guard guard(mutex_);
  return ++last_seq_;
}

result<std::optional<stored_conversation>> memory_store::load_conversation(const conversation_id& id) {
  std::lock_guard guard(mutex_);
  if (!unloadable_.empty() && id == unloadable_)
    return error{ec::store_unavailable, "cannot be loaded", {}};
  const auto key = keys_.find(id);
  if (key == keys_.end())
    return std::optional<stored_conversation>();
  const auto& c = conversations_.at(key->second);
  return std::optional(c.stored());
}

result<stored_person> memory_store::load_person(const person_id& id) {
  std::lock_guard guard(mutex_);
  if (!unloadable_.empty() && id == unloadable_)
    return error{ec::store_unavailable, "cannot be loaded", {}};
  stored_person out;
  if (const auto found = persons_.find(id); found != persons_.end())
    out.blob = found->second.blob;
  for (auto i = members_.lower_bound({id, 0}); i != members_.end() && i->first == id; ++i)
    if (const auto c = conversations_.find(i->second); c != conversations_.end())
      out.conversations.push_back({c->second.row.id, c->second.unread(id)});
  for (const auto& x : shown_)
    if (x.second.person == id)
      out.shown.push_back(x.second);
  for (const auto& x : notifications_)
    if (x.second.person == id && !is_final(x.second.state))
      out.unfinished.push_back(x.second);
  for (const auto& [seq, x] : mails_)
    if (x.person == id)
      out.updates.push_back(x);
  for (const auto& [token, by] : claims_) {
    const auto own = by.find(id);
    if (own != by.end()
        && std::any_of(by.begin(), by.end(), [&](const auto& other) { return other.second > own->second; }))
      out.lost_tokens.push_back(token);
  }
  return out;
}

result<std::string> memory_store::load_profile(const person_id& id) {
  std::lock_guard guard(mutex_);
  const auto found = persons_.find(id);
  return found == persons_.end() ? std::string() : found->second.blob;
}

result<std::vector<claimant>> memory_store::claimants(std::string_view token) {
  std::lock_guard guard(mutex_);
  std::vector<claimant> out;
  if (const auto found = claims_.find(token); found != claims_.end())
    for (const auto& [person, number] : found->second)
      out.push_back({person, number});
  std::stable_sort(out.begin(), out.end(), [](const auto& a, const auto& b) { return a.number > b.number; });
  return out;
}

static bool matches(const trace_query& q, const notification_row& n) {
  return (!q.person || *q.person == n.person) && (!q.conversation || *q.conversation == n.conversation)
         && (!q.message || (*q.message == n.subject && group_of(n.kind) == group::messages))
         && (!q.kind || *q.kind == n.kind) && (!q.state || *q.state == n.state) && (q.before == 0 || n.seq < q.before);
}

result<notification_page> memory_store::query(const trace_query& q) {
  std::lock_guard guard(mutex_);
  notification_page out;
  for (auto i = notifications_.rbegin(); i != notifications_.rend() && out.rows.size() < q.limit; ++i)
    if (matches(q, i->second))
      out.rows.push_back(i->second);
  if (!out.rows.empty() && out.rows.size() == q.limit)
    out.next = out.rows.back().seq;
  return out;
}

result<std::optional<notification_row>> memory_store::find_notification(const notification_id& id) {
  std::lock_guard guard(mutex_);
  const auto found = seqs_.find(id);
  return found == seqs_.end() ? std::optional<notification_row>() : std::optional(notifications_.at(found->second));
}

result<std::vector<parked_delivery>> memory_store::parked(std::string_view lane, millis now, std::size_t limit) {
  std::lock_guard guard(mutex_);
  std::vector<parked_delivery> out;
  for (const auto& x : parked_)
    if (x.second.lane == lane && x.second.due <= now)
      out.push_back(x.second);
  std::stable_sort(out.begin(), out.end(), [](const auto& a, const auto& b) {
    return std::tuple(!a.call, a.notification_seq) < std::tuple(!b.call, b.notification_seq);
  });
  if (out.size() > limit)
    out.resize(limit);
  return out;
}

result<std::optional<millis>> memory_store::parked_due(std::string_view lane) {
  std::lock_guard guard(mutex_);
  std::optional<millis> out;
  for (const auto& x : parked_)
    if (x.second.lane == lane && (!out || x.second.due < *out))
      out = x.second.due;
  return out;
}

result<std::vector<person_id>> memory_store::timed_persons() {
  std::lock_guard guard(mutex_);
  std::set<person_id> out;
  for (const auto& [id, row] : persons_)
    if (row.timed)
      out.insert(id);
  for (const auto& [seq, x] : mails_)
    out.insert(x.person);
  return std::vector<person_id>(out.begin(), out.end());
}

result<std::vector<due_conversation>> memory_store::due_conversations() {
  std::lock_guard guard(mutex_);
  std::vector<due_conversation> out;
  for (const auto& x : conversations_)
    if (x.second.row.due > 0 && x.second.entries.empty())
      out.push_back({x.second.row.id, x.second.row.due});
  std::stable_sort(out.begin(), out.end(), [](const auto& a, const auto& b) { return a.due < b.due; });
  return out;
}

result<success> memory_store::each_journaled(const std::function<void(stored_conversation&&)>& visit) {
  std::vector<stored_conversation> found;
  {
    std::lock_guard guard(mutex_);
    for (const auto& [key, c] : conversations_)
      if (!c.entries.empty())
        found.push_back(c.stored());
  }
  for (auto& x : found)
    visit(std::move(x));
  return success{};
}

result<success> memory_store::each_known_id(std::size_t, const std::function<void(const known_id&, millis)>& visit) {
  std::vector<std::pair<known_id, millis>> found;
  {
    std::lock_guard guard(mutex_);
    found = known_;
  }
  for (const auto& x : found)
    visit(x.first, x.second);
  return success{};
}

result<std::vector<presence_row>> memory_store::presence() {
  std::lock_guard guard(mutex_);
  std::vector<presence_row> out;
  for (const auto& x : presence_)
    out.push_back(x.second);
  return out;
}

result<std::vector<webhook_row>> memory_store::webhooks() {
  std::lock_guard guard(mutex_);
  std::vector<webhook_row> out;
  for (const auto& x : webhooks_)
    out.push_back(x.second);
  return out;
}

result<std::vector<person_id>> memory_store::bots() {
  std::lock_guard guard(mutex_);
  std::vector<person_id> out;
  for (const auto& x : persons_)
    if (x.second.bot)
      out.push_back(x.first);
  return out;
}

result<std::vector<std::string>> memory_store::parked_lanes() {
  std::lock_guard guard(mutex_);
  std::set<std::string> lanes;
  for (const auto& x : parked_)
    lanes.insert(x.second.lane);
  return std::vector<std::string>(lanes.begin(), lanes.end());
}

result<std::optional<std::string>> memory_store::setting(std::string_view name) {
  std::lock_guard guard(mutex_);
  const auto found = settings_.find(name);
  return found == settings_.end() ? std::optional<std::string>() : std::optional(found->second);
}

bool memory_store::wholly_parked(const notification_row& x) const {
  const auto count =
      std::count_if(parked_.begin(), parked_.end(), [&](const auto& p) { return p.second.notification_seq == x.seq; });
  return count > 0 && count >= static_cast<std::int64_t>(x.open_deliveries);
}

result<std::vector<unfinished_notification>> memory_store::unfinished(std::uint64_t after, std::size_t limit) {
  std::lock_guard guard(mutex_);
  std::vector<unfinished_notification> out;
  for (auto i = notifications_.upper_bound(after); i != notifications_.end() && out.size() < limit; ++i)
    if (!is_final(i->second.state) && !wholly_parked(i->second))
      out.push_back({i->second.seq, i->second.person});
  return out;
}

} // namespace belfry::io

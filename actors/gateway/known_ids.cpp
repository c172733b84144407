#include "belfry/actors/gateway/known_ids.hpp"

#include "belfry/messages/fnv.hpp"

#include <algorithm>

namespace belfry {

std::uint64_t fingerprint(std::string_view text) {
  // A finalizer spreads the low bits. On disk: never change.
  auto h = fnv1a(text);
  h ^= h >> 33;
  h *= 0xff51afd7ed558ccdULL;
  h ^= h >> 33;
  h *= 0xc4ceb9fe1a85ec53ULL;
  h ^= h >> 33;
  return h == 0 ? 1 : h;
}

std::optional<std::uint64_t> fingerprint_of_subject(const event& e) {
  auto of = [&](char kind, const std::string& id) {
    std::string text;
    text.reserve(e.conversation.size() + id.size() + 2);
    text += e.conversation;
    // Ids hold no control characters: the parts cannot run together.
    text += '\1';
    text += kind;
    text += id;
    return std::optional{fingerprint(text)};
  };
  if (const auto* m = std::get_if<message_sent>(&e.body))
    return of('m', m->message);
  if (const auto* c = std::get_if<call_started>(&e.body))
    return of('c', c->call);
  if (const auto* r = std::get_if<request_offered>(&e.body))
    return of('r', r->invitation);
  if (const auto* d = std::get_if<deputy_delegated>(&e.body))
    return of('d', d->invitation);
  return std::nullopt;
}

void add_known(io::unit& u, std::uint64_t id, std::uint64_t subject) {
  if (id != 0)
    u.changes.emplace_back(io::known_id{id, 0});
  if (subject != 0)
    u.changes.emplace_back(io::known_id{subject, 1});
}

known_ids::known_ids(std::size_t size_max) : size_max_(std::max<std::size_t>(size_max, 1)), table_(1024, 0) {
  // nop
}

bool known_ids::contains(std::uint64_t id) const {
  for (auto i = home(id); table_[i] != 0; i = (i + 1) & (table_.size() - 1)) {
    if (table_[i] == id)
      return true;
  }
  return false;
}

void known_ids::insert(std::uint64_t id, millis at) {
  if (contains(id))
    return;
  if (order_.size() >= size_max_) {
    remove(order_.front().id);
    order_.pop_front();
  }
  if ((order_.size() + 1) * 2 > table_.size())
    grow();
  place(id);
  order_.push_back({id, at});
}

void known_ids::forget_before(millis horizon) {
  while (!order_.empty() && order_.front().at < horizon) {
    remove(order_.front().id);
    order_.pop_front();
  }
}

void known_ids::place(std::uint64_t id) {
  auto i = home(id);
  while (table_[i] != 0)
    i = (i + 1) & (table_.size() - 1);
  table_[i] = id;
}

void known_ids::remove(std::uint64_t id) {
  auto mask = table_.size() - 1;
  auto i = home(id);
  while (table_[i] != id) {
    if (table_[i] == 0)
      return;
    i = (i + 1) & mask;
  }
  // Close the gap, so that no probe ends early.
  for (auto j = (i + 1) & mask; table_[j] != 0; j = (j + 1) & mask) {
    auto distance = (j - home(table_[j])) & mask;
    if (distance >= ((j - i) & mask)) {
      table_[i] = table_[j];
      i = j;
    }
  }
  table_[i] = 0;
}

void known_ids::grow() {
  std::vector<std::uint64_t> old(table_.size() * 2, 0);
  old.swap(table_);
  for (auto id : old) {
    if (id != 0)
      place(id);
  }
}

} // namespace belfry

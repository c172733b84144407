#include "belfry/actors/gateway/presence.hpp"

#include "belfry/messages/binary.hpp"

namespace belfry {

namespace {

constexpr std::uint64_t row_version = 1;

} // namespace

io::presence_row presence_table::row(const person_id& p, const std::string& name, const client& c) {
  binary_writer out;
  out.number(row_version);
  out.signed_number(c.said);
  out.number(c.open.size());
  for (const auto& [id, said] : c.open) {
    out.text(id);
    out.signed_number(said);
  }
  return {p, name, out.take()};
}

void presence_table::load(const io::presence_row& r) {
  binary_reader in{r.blob};
  client c;
  if (in.number() != row_version)
    return;
  c.said = in.signed_number();
  for (auto n = in.count(); n > 0; --n) {
    auto id = in.text();
    c.open[id] = in.signed_number();
  }
  if (in.ok())
    people_[r.person][r.client] = std::move(c);
}

void presence_table::changed(const person_id& p, const std::string& name, bool online, engine_time now,
                             presence_effects& fx) {
  if (!online) {
    if (auto i = people_.find(p); i != people_.end()) {
      if (auto c = i->second.find(name); c != i->second.end())
        drop(p, c, fx);
    }
    return;
  }
  auto [i, came] = people_.try_emplace(p);
  auto [c, fresh] = i->second.try_emplace(name);
  c->second.said = now;
  if (came)
    fx.online.emplace_back(p, true);
  // Without a time-out, saying it again changes nothing that must be kept.
  if (fresh || timeout_ > 0)
    fx.rows.emplace_back(row(p, name, c->second));
}

opening presence_table::opened(const person_id& p, const std::string& name, const conversation_id& id, engine_time now,
                               presence_effects& fx) {
  auto [i, came] = people_.try_emplace(p);
  auto [at, fresh] = i->second.try_emplace(name);
  auto& c = at->second;
  c.said = now;
  c.open[id] = now;
  if (came)
    fx.online.emplace_back(p, true);
  fx.rows.emplace_back(row(p, name, c));
  return {id, p, name, fresh};
}

void presence_table::undo(const opening& o, presence_effects& fx) {
  closed(o.person, o.client, o.conversation, fx);
  auto i = people_.find(o.person);
  if (!o.came || i == people_.end())
    return;
  // Something else may have been said of the client since.
  if (auto c = i->second.find(o.client); c != i->second.end() && c->second.open.empty())
    drop(o.person, c, fx);
}

void presence_table::closed(const person_id& p, const std::string& name, const conversation_id& id,
                            presence_effects& fx) {
  auto i = people_.find(p);
  if (i == people_.end())
    return;
  auto c = i->second.find(name);
  if (c != i->second.end() && c->second.open.erase(id) > 0)
    fx.rows.emplace_back(row(p, name, c->second));
}

void presence_table::drop(const person_id& p, clients::iterator c, presence_effects& fx) {
  for (const auto& [id, said] : c->second.open)
    fx.closings.push_back({id, p, c->first});
  fx.rows.emplace_back(io::presence_row{p, c->first, {}});
  auto i = people_.find(p);
  i->second.erase(c);
  if (i->second.empty()) {
    people_.erase(i);
    fx.online.emplace_back(p, false);
  }
}

void presence_table::reset(presence_effects& fx) {
  for (const auto& [p, names] : people_) {
    for (const auto& [name, c] : names) {
      for (const auto& [id, said] : c.open)
        fx.closings.push_back({id, p, name});
    }
    fx.online.emplace_back(p, false);
  }
  people_.clear();
  fx.rows.emplace_back(io::presence_cleared{});
}

void presence_table::erase(const person_id& p, presence_effects& fx) {
  for (auto i = people_.find(p); i != people_.end(); i = people_.find(p))
    drop(p, i->second.begin(), fx);
}

void presence_table::expire(engine_time now, presence_effects& fx) {
  if (timeout_ == 0)
    return;
  for (auto i = people_.begin(); i != people_.end();) {
    auto person = i->first;
    auto& names = i->second;
    // `drop` may erase the person.
    ++i;
    for (auto c = names.begin(); c != names.end();) {
      auto here = c++;
      if (here->second.said + timeout_ <= now) {
        auto last = names.size() == 1;
        drop(person, here, fx);
        if (last)
          break;
        continue;
      }
      auto gone = std::erase_if(here->second.open, [&](const auto& o) {
        if (o.second + timeout_ > now)
          return false;
        fx.closings.push_back({o.first, person, here->first});
        return true;
      });
      if (gone > 0)
        fx.rows.emplace_back(row(person, here->first, here->second));
    }
  }
}

std::vector<person_id> presence_table::everybody_online() const {
  std::vector<person_id> out;
  for (const auto& [p, names] : people_)
    out.push_back(p);
  return out;
}

} // namespace belfry

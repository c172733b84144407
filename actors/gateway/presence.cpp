#include "belfry/actors/gateway/presence.hpp"

#include "belfry/messages/binary.hpp"

#include <utility>

namespace belfry {

namespace {

/// A client's row says when it was last said to be online, and a row of its own per conversation, named "<client>\n
/// <conversation>" (neither holds control characters), when it was said to be open: opening writes one small row.
constexpr std::uint64_t row_version = 2;
/// The first format: one row per client, with a list of what is open.
constexpr std::uint64_t list_version = 1;
constexpr char separator = '\n';

io::presence_row said_row(const person_id& p, std::string name, engine_time said) {
  binary_writer out;
  out.number(row_version);
  out.signed_number(said);
  return {p, std::move(name), out.take()};
}

std::string open_name(const std::string& name, const conversation_id& id) {
  return name + separator + id;
}

} // namespace

void presence_table::load(const io::presence_row& r) {
  binary_reader in{r.blob};
  auto version = in.number();
  auto said = in.signed_number();
  std::map<conversation_id, engine_time> open;
  if (version == list_version) {
    for (auto n = in.count(); n > 0; --n) {
      auto id = in.text();
      open[std::move(id)] = in.signed_number();
    }
  }
  if (!in.ok() || version < list_version || version > row_version)
    return;
  auto at = r.client.find(separator);
  auto name = r.client.substr(0, at);
  auto& c = people_[r.person][name];
  c.listed = c.listed || version == list_version;
  if (at == std::string::npos)
    c.said = said;
  else
    open[r.client.substr(at + 1)] = said;
  for (const auto& [id, when] : open) {
    c.open[id] = when;
    openers_[id].emplace(r.person, name);
  }
}

/// Takes a client's row to the format of today.
void presence_table::rewrite(const person_id& p, const std::string& name, client& c, presence_effects& fx) {
  fx.rows.emplace_back(said_row(p, name, c.said));
  if (!std::exchange(c.listed, false))
    return;
  for (const auto& [id, said] : c.open)
    fx.rows.emplace_back(said_row(p, open_name(name, id), said));
}

void presence_table::forget_opener(const person_id& p, const std::string& name, const conversation_id& id) {
  auto i = openers_.find(id);
  if (i == openers_.end())
    return;
  i->second.erase({p, name});
  if (i->second.empty())
    openers_.erase(i);
}

void presence_table::close(const person_id& p, const std::string& name, client& c, const conversation_id& id,
                           presence_effects& fx) {
  if (c.open.erase(id) == 0)
    return;
  forget_opener(p, name, id);
  if (c.listed)
    rewrite(p, name, c, fx);
  fx.rows.emplace_back(io::presence_row{p, open_name(name, id), {}});
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
    rewrite(p, name, c->second, fx);
}

opening presence_table::opened(const person_id& p, const std::string& name, const conversation_id& id, engine_time now,
                               presence_effects& fx) {
  auto [i, came] = people_.try_emplace(p);
  auto [at, fresh] = i->second.try_emplace(name);
  auto& c = at->second;
  c.said = now;
  c.open[id] = now;
  openers_[id].emplace(p, name);
  if (came)
    fx.online.emplace_back(p, true);
  if (fresh || c.listed || timeout_ > 0)
    rewrite(p, name, c, fx);
  fx.rows.emplace_back(said_row(p, open_name(name, id), now));
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
  if (c != i->second.end())
    close(p, name, c->second, id, fx);
}

void presence_table::ended(const conversation_id& id, presence_effects& fx) {
  for (auto i = openers_.find(id); i != openers_.end(); i = openers_.find(id)) {
    auto [person, name] = *i->second.begin();
    closed(person, name, id, fx);
  }
}

void presence_table::left(const person_id& p, const conversation_id& id, presence_effects& fx) {
  auto i = people_.find(p);
  if (i == people_.end())
    return;
  for (auto& [name, c] : i->second)
    close(p, name, c, id, fx);
}

void presence_table::drop(const person_id& p, clients::iterator c, presence_effects& fx) {
  for (const auto& [id, said] : c->second.open) {
    fx.closings.push_back({id, p, c->first});
    fx.rows.emplace_back(io::presence_row{p, open_name(c->first, id), {}});
    forget_opener(p, c->first, id);
  }
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
  openers_.clear();
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
      std::vector<conversation_id> over;
      for (const auto& [id, said] : here->second.open) {
        if (said + timeout_ <= now)
          over.push_back(id);
      }
      for (const auto& id : over) {
        close(person, here->first, here->second, id, fx);
        fx.closings.push_back({id, person, here->first});
      }
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

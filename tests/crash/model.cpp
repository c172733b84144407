#include "model.hpp"

#include <algorithm>

namespace belfry::test {

void model_conversation::join(const std::string& p) {
  auto [i, fresh] = members_.try_emplace(p);
  if (fresh)
    i->second.read = log_.size();
}

bool model_conversation::has(const std::string& p) const {
  auto i = members_.find(p);
  return i != members_.end() && i->second.present && !ended;
}

std::vector<std::string> model_conversation::present() const {
  std::vector<std::string> out;
  for (const auto& [p, m] : members_) {
    if (m.present)
      out.push_back(p);
  }
  return out;
}

std::size_t model_conversation::unread(const std::string& p) const {
  if (!has(p))
    return 0;
  std::size_t n = 0;
  for (auto i = members_.at(p).read; i < log_.size(); ++i)
    n += !log_[i].deleted && log_[i].whom.contains(p) ? 1 : 0;
  return n;
}

std::optional<std::string> model_conversation::newest_unread(const std::string& p) const {
  if (!has(p))
    return std::nullopt;
  auto i = std::find_if(log_.rbegin(), log_.rend(), [&](const message& m) { return m.whom.contains(p); });
  if (i == log_.rend() || i->deleted || static_cast<std::size_t>(log_.rend() - i) <= members_.at(p).read)
    return std::nullopt;
  return i->id;
}

void model_conversation::note_empty(member& m, const std::string& p, std::size_t before, const std::string& cause,
                                    consequence& out) {
  if (before == 0 || unread(p) != 0)
    return;
  out.empty.push_back({id, p, cause, std::move(m.counted)});
  m.counted.clear();
}

void model_conversation::read_to(member& m, const std::string& p, std::size_t end, const std::string& cause,
                                 consequence& out) {
  auto before = unread(p);
  for (; m.read < end; ++m.read) {
    if (log_[m.read].whom.contains(p))
      out.gone.push_back({id, p, log_[m.read].id});
  }
  note_empty(m, p, before, cause, out);
}

consequence model_conversation::send(const std::string& text, const std::string& sender) {
  consequence out;
  if (!has(sender)) {
    out.refused = true;
    return out;
  }
  read_to(members_[sender], sender, log_.size(), text, out);
  message m{text, false, {}};
  for (auto& [p, x] : members_) {
    if (!x.present || p == sender)
      continue;
    m.whom.insert(p);
    x.counted.push_back(text);
  }
  log_.push_back(std::move(m));
  ids_.push_back(text);
  return out;
}

consequence model_conversation::read(const std::string& p, const std::optional<std::string>& message) {
  consequence out;
  if (!has(p) || log_.empty()) {
    out.refused = ended;
    return out;
  }
  auto i = message ? std::find_if(log_.begin(), log_.end(), [&](const auto& m) { return m.id == *message; })
                   : log_.end() - 1;
  if (i != log_.end())
    read_to(members_[p], p, static_cast<std::size_t>(i - log_.begin()) + 1, i->id, out);
  return out;
}

consequence model_conversation::remove(const std::string& text) {
  consequence out;
  out.refused = ended;
  auto i = std::find_if(log_.begin(), log_.end(), [&](const auto& m) { return m.id == text; });
  if (ended || i == log_.end() || i->deleted)
    return out;
  std::map<std::string, std::size_t> before;
  for (const auto& p : i->whom)
    before[p] = unread(p);
  i->deleted = true;
  for (const auto& [p, n] : before) {
    out.gone.push_back({id, p, text});
    note_empty(members_[p], p, n, text, out);
  }
  return out;
}

consequence model_conversation::leave(const std::string& p) {
  consequence out;
  out.refused = ended;
  if (!has(p))
    return out;
  auto last = std::find_if(log_.rbegin(), log_.rend(), [&](const auto& m) { return !m.deleted && m.whom.contains(p); });
  read_to(members_[p], p, log_.size(), last == log_.rend() ? "" : last->id, out);
  members_[p].present = false;
  return out;
}

consequence model_conversation::end() {
  consequence all;
  for (const auto& p : present()) {
    auto out = leave(p);
    all.gone.insert(all.gone.end(), out.gone.begin(), out.gone.end());
    all.empty.insert(all.empty.end(), out.empty.begin(), out.empty.end());
    members_[p].present = true;
  }
  ended = true;
  return all;
}

} // namespace belfry::test

#include "belfry/actors/person/shown.hpp"

#include <algorithm>

namespace belfry {

namespace {

/// False: it is there already.
bool add(std::vector<std::string>& list, std::string x) {
  if (std::find(list.begin(), list.end(), x) != list.end())
    return false;
  list.push_back(std::move(x));
  return true;
}

} // namespace

std::string subject_of(const notification& n) {
  if (n.call)
    return n.call->call;
  if (!n.request)
    return {};
  // A delegation may carry the id of a request: each is taken back where it left itself.
  auto delegation = n.kind == kind::deputy_delegation || n.kind == kind::revoke_deputy_delegation;
  return delegation ? n.request->invitation + '\1' : n.request->invitation;
}

kind counterpart(kind k) {
  switch (k) {
  case kind::read_message:
    return kind::new_message;
  case kind::revoke_call:
    return kind::incoming_call;
  case kind::revoke_inbound_request:
    return kind::inbound_request;
  case kind::revoke_deputy_delegation:
    return kind::deputy_delegation;
  case kind::new_message:
  case kind::incoming_call:
  case kind::missed_call:
  case kind::inbound_request:
  case kind::deputy_delegation:
    break;
  }
  return k;
}

bool can_be_taken_back(kind k) {
  return !is_silent(k) && k != kind::missed_call;
}

void shown_state::load(const io::shown_row& row) {
  decode(row.blob, shown_[{row.conversation, row.group}]);
}

shown_at& shown_state::at(const notification& n) {
  auto [i, fresh] = shown_[{n.conversation, group_of(n.kind)}].try_emplace(subject_of(n));
  if (fresh)
    changed(n);
  return i->second;
}

void shown_state::left(const notification& n, const address& a) {
  if (can_be_taken_back(n.kind) && add(at(n).left, to_string(a)))
    changed(n);
}

void shown_state::skipped(const notification& n, const address& a) {
  if (can_be_taken_back(n.kind) && add(at(n).skipped, to_string(a)))
    changed(n);
}

void shown_state::told(const notification& n) {
  // Messages are not taken back where they were not told.
  if (can_be_taken_back(n.kind) && n.kind != kind::new_message)
    at(n);
}

std::optional<shown_at> shown_state::take(const notification& n) {
  auto i = shown_.find({n.conversation, group_of(n.kind)});
  if (i == shown_.end())
    return std::nullopt;
  auto node = i->second.extract(subject_of(n));
  if (node.empty())
    return std::nullopt;
  changed(n);
  return std::move(node.mapped());
}

void shown_state::save(std::vector<io::change>& changes) {
  for (const auto& k : std::exchange(changed_, {})) {
    auto i = shown_.find(k);
    changes.emplace_back(io::shown_row{id_, k.first, k.second, encode(i->second)});
    if (i->second.empty())
      shown_.erase(i);
  }
}

void shown_state::clear() {
  shown_.clear();
  changed_.clear();
}

} // namespace belfry

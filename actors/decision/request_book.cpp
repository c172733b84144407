#include "belfry/actors/decision/request_book.hpp"

#include <algorithm>

namespace belfry {

namespace {

constexpr std::uint64_t request_row_version = 1;

kind revoke_of(kind told_as) {
  return told_as == kind::inbound_request ? kind::revoke_inbound_request : kind::revoke_deputy_delegation;
}

} // namespace

std::string cause_of(const request_notice& x) {
  // Invitation ids hold no control characters, so no two causes look alike.
  return x.content.invitation + '\n' + std::to_string(x.round);
}

std::vector<request_notice> request_book::offered(const request_offered& e) {
  if (is_open(e.invitation, kind::inbound_request))
    return {};
  invitation_entry x;
  x.told_as = kind::inbound_request;
  x.content = {e.invitation, e.context_person, std::nullopt, e.engagement_type, e.start_url};
  if (e.agent)
    x.told.push_back(*e.agent);
  return open(std::move(x));
}

std::vector<request_notice> request_book::delegated(const deputy_delegated& e) {
  if (is_open(e.invitation, kind::deputy_delegation))
    return {};
  invitation_entry x;
  x.told_as = kind::deputy_delegation;
  x.content = {e.invitation, e.context_person, e.primary_agent, e.engagement_type, e.start_url};
  for (const auto& deputy : e.deputies) {
    if (std::find(x.told.begin(), x.told.end(), deputy) == x.told.end())
      x.told.push_back(deputy);
  }
  return open(std::move(x));
}

std::vector<request_notice> request_book::closed(const invitation_id& invitation) {
  std::vector<request_notice> out;
  std::vector<std::uint64_t> rounds;
  for (auto [at, end] = rounds_of_.equal_range(invitation); at != end; ++at)
    rounds.push_back(at->second);
  for (auto round : rounds)
    close(open_.find(round), out);
  return out;
}

std::vector<request_notice> request_book::conversation_ended() {
  std::vector<request_notice> out;
  while (!open_.empty())
    close(open_.begin(), out);
  return out;
}

bool request_book::is_open(const invitation_id& id, kind told_as) const {
  auto [begin, end] = rounds_of_.equal_range(id);
  return std::any_of(begin, end, [&](const auto& x) { return open_.at(x.second).told_as == told_as; });
}

std::vector<request_notice> request_book::open(invitation_entry x) {
  std::vector<request_notice> out;
  if (open_.size() >= open_requests_max) {
    close(open_.begin(), out);
    ++pushed_out_;
  }
  auto round = ++rounds_;
  for (const auto& person : x.told)
    out.push_back({person, x.told_as, x.content, round});
  put(round, std::move(x));
  changed_.push_back(round);
  return out;
}

void request_book::put(std::uint64_t round, invitation_entry x) {
  auto id = x.content.invitation;
  if (open_.emplace(round, std::move(x)).second)
    rounds_of_.emplace(std::move(id), round);
}

void request_book::close(entries::iterator at, std::vector<request_notice>& out) {
  const auto& x = at->second;
  for (const auto& person : x.told)
    out.push_back({person, revoke_of(x.told_as), x.content, at->first});
  changed_.push_back(at->first);
  erase(at);
}

void request_book::erase(entries::iterator at) {
  auto [begin, end] = rounds_of_.equal_range(at->second.content.invitation);
  rounds_of_.erase(std::find_if(begin, end, [&](const auto& r) { return r.second == at->first; }));
  open_.erase(at);
}

// -- row --------------------------------------------------------------------------------------------------------------

void request_book::encode(const invitation_entry& x, binary_writer& out) {
  out.flag(x.told_as == kind::deputy_delegation);
  out.text(x.content.invitation);
  out.optional_text(x.content.context_person);
  out.optional_text(x.content.primary_agent);
  out.optional_text(x.content.engagement_type);
  out.optional_text(x.content.start_url);
  out.number(x.told.size());
  for (const auto& person : x.told)
    out.text(person);
}

bool request_book::decode(binary_reader& in, invitation_entry& out) {
  out.told_as = in.flag() ? kind::deputy_delegation : kind::inbound_request;
  out.content.invitation = in.text();
  out.content.context_person = in.optional_text();
  out.content.primary_agent = in.optional_text();
  out.content.engagement_type = in.optional_text();
  out.content.start_url = in.optional_text();
  for (auto n = in.count(); n > 0; --n)
    out.told.push_back(in.text());
  return in.ok();
}

void request_book::encode(binary_writer& out) const {
  out.number(request_row_version);
  out.number(rounds_);
  out.number(open_.size());
  for (const auto& [round, x] : open_) {
    out.number(round);
    encode(x, out);
  }
}

bool request_book::decode(binary_reader& in) {
  request_book book;
  if (in.number() != request_row_version)
    return false;
  book.rounds_ = in.number();
  for (auto n = in.count(); n > 0; --n) {
    auto round = in.number();
    invitation_entry x;
    if (round > book.rounds_ || !decode(in, x))
      return false;
    if (book.open_.contains(round))
      return false;
    book.put(round, std::move(x));
  }
  if (!in.ok() || book.open_.size() > open_requests_max)
    return false;
  *this = std::move(book);
  return true;
}

void request_book::encode_changes(binary_writer& out) {
  out.number(request_row_version);
  out.number(rounds_);
  out.number(changed_.size());
  for (auto round : changed_) {
    auto at = open_.find(round);
    out.number(round);
    out.flag(at != open_.end());
    if (at != open_.end())
      encode(at->second, out);
  }
  changed_ = {};
}

bool request_book::apply_changes(binary_reader& in) {
  if (in.number() != request_row_version)
    return false;
  rounds_ = in.number();
  for (auto n = in.count(); n > 0; --n) {
    auto round = in.number();
    invitation_entry x;
    if (!in.flag()) {
      if (auto at = open_.find(round); at != open_.end())
        erase(at);
    } else if (round > rounds_ || !decode(in, x)) {
      return false;
    } else {
      put(round, std::move(x));
    }
  }
  return in.ok() && open_.size() <= open_requests_max;
}

} // namespace belfry

// What the host compares when everything has come to rest.
#include "host.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <set>

namespace belfry::test {

using nlohmann::json;
using namespace std::chrono_literals;
using clock = std::chrono::steady_clock;

namespace {

constexpr auto rest_limit = 20s;
/// An attempt that began before an answer was given may reach the receiver this much later.
constexpr auto under_way_max = 3s;
constexpr std::string_view event_prefix = "push_notification.";
constexpr const char* call_kinds[] = {"incoming_call", "revoke_call", "missed_call"};

std::string text(const json& x, const char* name) {
  auto i = x.find(name);
  return i == x.end() ? std::string{} : i->get<std::string>();
}

std::string words(const std::tuple<std::string, std::string, std::string>& k) {
  return std::get<2>(k) + " for " + std::get<1>(k) + " in " + std::get<0>(k);
}

} // namespace

// -- what came ----------------------------------------------------------------------------------------------------

void host::absorb() {
  std::vector<received_request> fresh;
  sink_.wait_until(
      [&](const auto& log) {
        fresh.assign(log.begin() + static_cast<std::ptrdiff_t>(absorbed_), log.end());
        return true;
      },
      0ms);
  absorbed_ += fresh.size();
  for (const auto& r : fresh) {
    auto body = json::parse(r.body);
    arrival a;
    a.kind = r.header("X-Unblu-Event").value_or("").substr(event_prefix.size());
    a.person = text(body.at("recipient"), "id");
    a.conversation = text(body, "conversationId");
    a.subject = body.contains("messageId") ? text(body, "messageId") : text(body, "invitationId");
    a.event_id = r.header("X-Unblu-Event-ID").value_or("");
    a.generation = std::stoi(r.header("User-Agent").value_or("generation/0").substr(11));
    a.at = r.at;
    auto& seen = a.subject.empty() ? by_subject_["call"][{"", "", a.event_id}]
                                   : by_subject_[a.kind][{a.conversation, a.person, a.subject}];
    seen.push_back(arrivals_.size());
    arrivals_.push_back(std::move(a));
  }
}

bool host::arrived(const std::string& kind, const key& what, std::optional<moment> before) const {
  auto k = by_subject_.find(kind);
  if (k == by_subject_.end())
    return false;
  auto i = k->second.find(what);
  return i != k->second.end() && (!before || arrivals_[i->second.front()].at < *before);
}

void host::each_trace(const std::string& kind, const std::function<void(const json&)>& visit) {
  std::string cursor = "0";
  do {
    auto page = json::parse(ask("trace " + kind + " " + cursor), nullptr, false);
    ASSERT_TRUE(page.is_object());
    for (const auto& t : page.at("items"))
      visit(t);
    cursor = page.value("cursor", "");
  } while (!cursor.empty());
}

void host::load_traces() {
  call_ids_.clear();
  call_traces_.clear();
  for (std::string kind : call_kinds) {
    each_trace(kind, [&](const json& t) {
      key what{text(t, "conversation"), text(t, "recipient"), text(t, "call")};
      call_ids_[text(t, "id")] = {kind, what};
      call_traces_[kind][what].push_back(text(t, "id"));
      trace_texts_[text(t, "id")] = t.dump();
    });
  }
}

// -- what must have come ------------------------------------------------------------------------------------------

std::string host::missing_messages() const {
  for (const auto& [id, c] : conversations_) {
    for (const auto& p : c.present()) {
      auto m = c.newest_unread(p);
      if (m && !arrived("new_message", {id, p, *m}))
        return "new_message " + words({id, p, *m});
    }
  }
  for (const auto& o : owed_) {
    auto told = std::any_of(o.what.counted.begin(), o.what.counted.end(), [&](const auto& m) {
      return arrived("new_message", {o.what.conversation, o.what.person, m}, o.sent);
    });
    if (told && !arrived("read_message", {o.what.conversation, o.what.person, o.what.cause}))
      return "read_message " + words({o.what.conversation, o.what.person, o.what.cause});
  }
  return {};
}

std::string host::missing_invitations() const {
  for (const auto& [id, i] : invitations_) {
    key what{i.conversation, i.agent, id};
    auto told = arrived("inbound_request", what);
    if (i.offered && !i.close_sent && !told)
      return "inbound_request " + words(what);
    if (i.closed && arrived("inbound_request", what, i.close_sent) && !arrived("revoke_inbound_request", what))
      return "revoke_inbound_request " + words(what);
  }
  return {};
}

/// All that is known of one ring.
std::string host::story_of(const key& call) const {
  std::string out = words(call);
  for (const auto& [kind, all] : call_traces_) {
    auto i = all.find(call);
    if (i == all.end())
      continue;
    for (const auto& id : i->second) {
      out += "\n" + trace_texts_.at(id) + "\n  arrived:";
      auto seen = by_subject_.find("call");
      auto j = seen == by_subject_.end() ? decltype(seen->second.end()){} : seen->second.find({"", "", id});
      if (seen == by_subject_.end() || j == seen->second.end())
        continue;
      for (auto place : j->second)
        out += " " + std::to_string(place) + " from life " + std::to_string(arrivals_[place].generation);
    }
  }
  return out;
}

/// Every ring that was told is taken back, and that comes last.
std::string host::missing_calls() const {
  auto last = [&](const std::string& kind, const key& what) -> std::optional<std::size_t> {
    std::optional<std::size_t> out;
    auto k = call_traces_.find(kind);
    auto i = k == call_traces_.end() ? decltype(k->second.end()){} : k->second.find(what);
    if (k == call_traces_.end() || i == k->second.end())
      return out;
    for (const auto& id : i->second) {
      if (auto seen = by_subject_.find("call"); seen != by_subject_.end()) {
        if (auto j = seen->second.find({"", "", id}); j != seen->second.end())
          out = std::max(out.value_or(0), j->second.back());
      }
    }
    return out;
  };
  auto incoming = call_traces_.find("incoming_call");
  if (incoming == call_traces_.end())
    return {};
  for (const auto& [what, ids] : incoming->second) {
    auto rang = last("incoming_call", what);
    auto revoked = last("revoke_call", what);
    if (rang && (!revoked || *revoked < *rang))
      return "revoke_call after incoming_call " + story_of(what);
    if (call_traces_.contains("missed_call") && call_traces_.at("missed_call").contains(what)
        && !last("missed_call", what))
      return "missed_call " + story_of(what);
  }
  return {};
}

std::string host::missing() const {
  for (auto part : {&host::missing_messages, &host::missing_invitations, &host::missing_calls}) {
    if (auto what = (this->*part)(); !what.empty())
      return what;
  }
  return {};
}

// -- what must not have come --------------------------------------------------------------------------------------

void host::check_ids() const {
  for (const auto& [kind, all] : by_subject_) {
    for (const auto& [what, places] : all) {
      std::set<std::string> ids;
      for (auto i : places)
        ids.insert(arrivals_[i].event_id);
      EXPECT_EQ(ids.size(), 1U) << kind << " " << words(what) << " came with several event ids";
    }
  }
}

/// All that was told to somebody in a conversation of one kind.
std::string host::told_of(const std::string& kind, const key& what) {
  std::string out;
  each_trace(kind, [&](const json& t) {
    if (text(t, "conversation") == std::get<0>(what) && text(t, "recipient") == std::get<1>(what))
      out += "\n" + t.dump();
  });
  return out;
}

void host::check_messages() {
  auto k = by_subject_.find("new_message");
  if (k == by_subject_.end())
    return;
  for (const auto& [what, places] : k->second) {
    auto g = gone_.find(what);
    if (g == gone_.end())
      continue;
    for (auto i : places) {
      const auto& a = arrivals_[i];
      auto late = a.generation > g->second.generation || a.at > g->second.at + under_way_max;
      EXPECT_FALSE(late) << words(what) << " was announced by life " << a.generation
                         << " though it was taken back in life " << g->second.generation << ", "
                         << std::chrono::duration_cast<std::chrono::milliseconds>(a.at - g->second.at).count()
                         << " ms before by " << g->second.event
                         << (late ? told_of("new_message", what) + told_of("read_message", what) : "");
    }
  }
}

void host::check_calls() const {
  auto number = [&](const char* kind, const key& what) -> std::size_t {
    auto k = call_traces_.find(kind);
    if (k == call_traces_.end())
      return 0;
    auto i = k->second.find(what);
    return i == k->second.end() ? 0 : i->second.size();
  };
  for (const auto& [id, c] : calls_) {
    std::size_t missed_by = 0;
    for (const auto& p : c.callees) {
      key what{c.conversation, p, id};
      auto missed = number("missed_call", what);
      missed_by += missed;
      EXPECT_EQ(number("incoming_call", what), c.started ? 1U : 0U) << words(what);
      EXPECT_EQ(number("revoke_call", what), c.started ? 1U : 0U) << words(what);
      EXPECT_LE(missed, 1U) << words(what);
    }
    if (!c.started || c.declined || c.disturbed)
      continue;
    auto all = missed_by == c.callees.size();
    EXPECT_TRUE(all || (c.answered && missed_by == 0))
        << missed_by << " missed call " << id << " in " << c.conversation;
  }
}

void host::compare_counts() {
  std::map<std::string, std::map<std::string, std::size_t>> expected;
  for (const auto& [id, c] : conversations_) {
    for (const auto& p : c.present()) {
      if (auto n = c.unread(p); n > 0)
        expected[p][id] = n;
    }
  }
  for (std::size_t i = 0; i < 8; ++i) {
    auto p = "p" + std::to_string(i);
    auto told = json::parse(ask("counts " + p), nullptr, false);
    ASSERT_TRUE(told.is_object());
    auto counts = told.at("conversations").get<std::map<std::string, std::size_t>>();
    EXPECT_EQ(counts, expected[p]) << "unread counts of " << p;
    std::size_t total = 0;
    for (const auto& [c, n] : expected[p])
      total += n;
    EXPECT_EQ(told.at("total").get<std::size_t>(), total) << p;
  }
}

void host::compare_profiles() {
  for (const auto& [p, version] : profiles_) {
    auto told = json::parse(ask("profile " + p), nullptr, false);
    ASSERT_TRUE(told.is_object());
    EXPECT_EQ(text(told, "displayName"), std::to_string(version)) << p;
  }
}

/// No wait runs, no call rings.
void host::check_conversations() {
  for (const auto& id : living_) {
    auto c = json::parse(ask("conversation " + id), nullptr, false);
    ASSERT_TRUE(c.is_object());
    EXPECT_EQ(text(c, "callState"), "IDLE") << id;
    for (const auto& p : c.at("participants")) {
      EXPECT_FALSE(p.contains("pending")) << id << " " << p.dump();
      EXPECT_EQ(text(p, "callState"), "NONE") << id << " " << p.dump();
    }
  }
}

// -- rest ---------------------------------------------------------------------------------------------------------

bool host::quiet_within(std::chrono::milliseconds limit) {
  for (auto until = clock::now() + limit; clock::now() < until && !child_->silent();) {
    go_on(false, false);
    if (ready_ && open_.empty() && open_profiles_.empty())
      return true;
  }
  ADD_FAILURE() << open_.size() << " requests were never answered by life " << generation_;
  return false;
}

void host::settle() {
  start(-1);
  if (!quiet_within(answer_limit))
    return;
  compare_counts();
  compare_profiles();
  auto ends = ends_of_everything();
  if (!ends.empty()) {
    auto n = ++number_;
    auto& r = open_[n];
    r.events = std::move(ends);
    send(n, r);
  }
  if (!quiet_within(answer_limit))
    return;
  std::string what = "everything";
  for (auto until = clock::now() + rest_limit; !what.empty() && clock::now() < until;) {
    load_traces();
    absorb();
    what = missing();
    if (!what.empty())
      sink_.wait_for(sink_.count() + 1, 200ms);
  }
  EXPECT_EQ(what, "") << "is missing";
  check_ids();
  check_messages();
  check_calls();
  check_conversations();
  compare_counts();
  EXPECT_EQ(sink_.violations(), 0U) << (sink_.violations() > 0 ? sink_.violation_texts().front() : "");
  child_->say("0 stop");
  end({0});
}

} // namespace belfry::test

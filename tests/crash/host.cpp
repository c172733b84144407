#include "host.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <iostream>
#include <sstream>

namespace belfry::test {

using nlohmann::json;
using namespace std::chrono_literals;
using clock = std::chrono::steady_clock;

namespace {

constexpr std::size_t persons = 8;
constexpr std::size_t conversations_max = 6;
/// Requests that may wait for an answer.
constexpr std::size_t window_max = 16;
constexpr std::size_t messages_of_a_conversation = 80;

std::string person(std::size_t i) {
  return "p" + std::to_string(i);
}

sink_settings receiver(std::uint64_t seed, bool faults) {
  sink_settings s;
  s.verify_secret = "";
  s.log_max = 1'000'000;
  if (faults) {
    s.faults.seed = seed;
    s.faults.error = 0.05;
    s.faults.delay = 0.15;
    s.faults.cut = 0.02;
    s.faults.statuses = {500, 503};
    s.faults.delay_max = 60ms;
  }
  return s;
}

} // namespace

host::host(std::uint64_t seed, bool faults) : random_(seed), sink_(receiver(seed, faults)) {
  auto name = (std::filesystem::temp_directory_path() / "belfry-crash-XXXXXX").string();
  folder_ = ::mkdtemp(name.data());
}

host::~host() {
  child_.reset();
  std::error_code none;
  std::filesystem::remove_all(folder_, none);
  if (testing::Test::HasFailure()) {
    for (const auto& line : history_)
      std::cout << line << "\n";
  }
}

std::string host::summary() const {
  return std::to_string(generation_) + " lives, " + std::to_string(accepted_) + " accepted, "
         + std::to_string(duplicates_) + " duplicates, " + std::to_string(refused_) + " refused, "
         + std::to_string(arrivals_.size()) + " webhooks, " + std::to_string(calls_.size()) + " calls";
}

// -- lives ------------------------------------------------------------------------------------------------------------

void host::start(int power) {
  child_settings s;
  s.store = (folder_ / "belfry.db").string();
  s.endpoint = sink_.url();
  s.generation = ++generation_;
  s.power = power;
  s.seed = random_();
  ready_ = false;
  child_ = std::make_unique<child_process>(s);
}

void host::end(const std::vector<int>& allowed) {
  auto until = clock::now() + answer_limit;
  while (!child_->silent() && clock::now() < until) {
    for (const auto& line : child_->hear(100ms))
      heard(line, true);
  }
  EXPECT_TRUE(child_->silent()) << "the engine hangs at its end";
  if (!child_->silent())
    child_->kill();
  auto status = child_->wait();
  EXPECT_TRUE(std::find(allowed.begin(), allowed.end(), status) != allowed.end())
      << "life " << generation_ << " ended with status " << status;
  child_.reset();
}

void host::live_until_killed(std::chrono::milliseconds life) {
  start(-1);
  for (auto until = clock::now() + life; clock::now() < until;)
    go_on(true, false);
  EXPECT_FALSE(child_->silent()) << "life " << generation_ << " ended by itself";
  child_->kill();
  end({-9});
}

void host::live_until_power_cut(int operations) {
  start(operations);
  for (auto until = clock::now() + answer_limit; clock::now() < until && !child_->silent();)
    go_on(true, true);
  end({3});
}

void host::live_until_stopped(std::chrono::milliseconds life) {
  start(-1);
  for (auto until = clock::now() + life; clock::now() < until || !ready_;)
    go_on(true, false);
  child_->say("0 stop");
  end({0});
}

void host::go_on(bool load, bool may_fail) {
  for (const auto& line : child_->hear(1ms))
    heard(line, may_fail);
  if (!ready_ || !load || open_.size() >= window_max || child_->silent())
    return;
  if (below(20) == 0)
    plan_profile();
  auto n = ++number_;
  auto& r = open_.emplace(n, plan_request()).first->second;
  send(n, r);
}

void host::send(std::uint64_t n, planned_request& r) {
  if (!r.sent)
    r.sent = clock::now();
  ++r.times_sent;
  std::string line = std::to_string(n) + " events [";
  for (std::size_t i = 0; i < r.events.size(); ++i)
    line += (i > 0 ? "," : "") + r.events[i].body;
  child_->say(line + "]");
  history_.push_back("life " + std::to_string(generation_) + " hears " + line + "]");
}

void host::heard(const std::string& line, bool may_fail) {
  if (line == "ready") {
    ready_ = true;
    for (auto& [n, p] : open_profiles_)
      child_->say(std::to_string(n) + " person " + p.first + " "
                  + json{{"type", "VISITOR"}, {"displayName", std::to_string(p.second)}}.dump());
    for (auto& [n, r] : open_)
      send(n, r);
    return;
  }
  std::istringstream in(line);
  std::uint64_t n = 0;
  std::string verdict, rest;
  in >> n >> verdict;
  std::getline(in >> std::ws, rest);
  auto failed = verdict != "ok";
  if (auto r = open_.find(n); r != open_.end()) {
    EXPECT_TRUE(!failed || (may_fail && rest == "store_unavailable")) << line;
    history_.push_back("life " + std::to_string(generation_) + " says " + line);
    if (failed)
      return;
    heard_answer(r->second, rest);
    open_.erase(r);
  } else if (auto p = open_profiles_.find(n); p != open_profiles_.end()) {
    EXPECT_TRUE(!failed || may_fail) << line;
    if (!failed)
      open_profiles_.erase(p);
  } else {
    answers_[std::to_string(n)] = failed ? "" : rest;
  }
}

void host::heard_answer(planned_request& r, const std::string& words) {
  std::istringstream in(words);
  std::size_t accepted = 0, duplicates = 0;
  in >> accepted >> duplicates;
  std::map<std::size_t, std::string> refused;
  std::string why;
  for (std::size_t i = 0; in >> i >> why;)
    refused[i] = why;
  EXPECT_EQ(accepted + duplicates + refused.size(), r.events.size());
  EXPECT_TRUE(duplicates == 0 || r.times_sent > 1) << "a duplicate that was sent once: " << r.events.front().body;
  accepted_ += accepted;
  duplicates_ += duplicates;
  refused_ += refused.size();
  auto now = clock::now();
  for (std::size_t i = 0; i < r.events.size(); ++i) {
    auto& e = r.events[i];
    EXPECT_EQ(e.refused.value_or(refused.contains(i)), refused.contains(i))
        << e.body << " " << (refused.contains(i) ? refused.at(i) : "accepted") << ", sent " << r.times_sent << " times";
    if (refused.contains(i))
      continue;
    for (auto& g : e.effect.gone)
      gone_.try_emplace({g.conversation, g.person, g.message}, acknowledged{generation_, now, e.body});
    for (auto& x : e.effect.empty)
      owed_.push_back({std::move(x), *r.sent});
    if (e.accepted)
      e.accepted();
  }
}

std::string host::ask(const std::string& question) {
  auto n = std::to_string(++number_);
  child_->say(n + " " + question);
  for (auto until = clock::now() + answer_limit; clock::now() < until && !child_->silent();) {
    go_on(false, false);
    if (auto a = answers_.extract(n); !a.empty())
      return a.mapped();
  }
  ADD_FAILURE() << "no answer to: " << question;
  return {};
}

// -- workload ---------------------------------------------------------------------------------------------------------

namespace {

json event_json(const std::string& id, const char* type, const model_conversation* c = nullptr) {
  json e{{"id", id}, {"type", type}};
  if (c)
    e["conversation"] = c->id;
  return e;
}

} // namespace

planned_request host::plan_request() {
  planned_request r;
  auto n = 1 + below(3);
  while (r.events.size() < n) {
    auto* c = some_conversation();
    if (!c || (living_.size() < conversations_max && below(10) == 0))
      r.events.push_back(start_conversation());
    else if (c->message_ids().size() >= messages_of_a_conversation)
      r.events.push_back(plan_end(*c));
    else
      r.events.push_back(plan_event(*c));
  }
  return r;
}

model_conversation* host::some_conversation() {
  return living_.empty() ? nullptr : &conversations_.at(living_[below(living_.size())]);
}

std::string host::somebody(const model_conversation& c) {
  auto all = c.present();
  return all[below(all.size())];
}

planned_event host::start_conversation() {
  auto id = next("c");
  auto& c = conversations_[id];
  c.id = id;
  living_.push_back(id);
  auto e = event_json(next("e"), "conversation.started", &c);
  const char* roles[] = {"ASSIGNED_AGENT", "CONTEXT_PERSON", "SECONDARY_AGENT", "SECONDARY_VISITOR"};
  auto first = below(persons);
  for (std::size_t i = 0; i < 2 + below(3); ++i) {
    auto p = person((first + i) % persons);
    if (c.has(p))
      continue;
    c.join(p);
    e["participants"].push_back({{"person", p}, {"role", roles[i % 4]}});
  }
  return {e.dump(), false, {}, {}};
}

planned_event host::plan_event(model_conversation& c) {
  auto dice = below(100);
  if (dice < 48)
    return plan_message(c);
  if (dice < 66)
    return plan_read(c);
  if (dice < 72)
    return plan_removal(c);
  if (dice < 85)
    return plan_call(c);
  if (dice < 91)
    return plan_presence(c);
  return dice < 97 ? plan_invitation(c) : plan_roster(c);
}

planned_event host::plan_message(model_conversation& c) {
  // Now and then somebody who never takes part.
  auto sender = below(40) == 0 ? std::string{"stranger"} : somebody(c);
  auto m = next("m");
  auto e = event_json(next("e"), "message.sent", &c);
  e["message"] = {{"id", m}, {"sender", sender}, {"text", "hello " + m}};
  auto effect = c.send(m, sender);
  return {e.dump(), effect.refused, std::move(effect), {}};
}

planned_event host::plan_read(model_conversation& c) {
  auto p = somebody(c);
  auto e = event_json(next("e"), "message.read", &c);
  e["person"] = p;
  std::optional<std::string> upto;
  const auto& ids = c.message_ids();
  if (!ids.empty() && below(2) == 0) {
    upto = ids[ids.size() - 1 - below(std::min<std::size_t>(ids.size(), 5))];
    e["message"] = *upto;
  }
  auto effect = c.read(p, upto);
  return {e.dump(), effect.refused, std::move(effect), {}};
}

planned_event host::plan_removal(model_conversation& c) {
  const auto& ids = c.message_ids();
  if (ids.empty())
    return plan_message(c);
  auto m = ids[ids.size() - 1 - below(std::min<std::size_t>(ids.size(), 4))];
  if (below(3) == 0) {
    auto e = event_json(next("e"), "message.edited", &c);
    e["message"] = {{"id", m}, {"text", "edited"}};
    return {e.dump(), false, {}, {}};
  }
  auto e = event_json(next("e"), "message.deleted", &c);
  e["message"] = m;
  auto effect = c.remove(m);
  return {e.dump(), effect.refused, std::move(effect), {}};
}

planned_event host::plan_call(model_conversation& c) {
  auto p = somebody(c);
  auto& call = last_call_[c.id];
  auto dice = below(6);
  if (call.empty() || dice < 3) {
    auto id = next("k");
    auto e = event_json(next("e"), "call.started", &c);
    e["call"] = {{"id", id}, {"type", "AUDIO"}, {"caller", p}};
    call = id;
    auto& k = calls_[id];
    k.conversation = c.id;
    k.planned = clock::now();
    k.callees = c.present();
    std::erase(k.callees, p);
    return {e.dump(), std::nullopt, {}, [this, id] {
              auto& started = calls_[id];
              started.started = true;
              // Refused while another call went on, and sent again by the next life, it comes after who left since.
              auto there = conversations_.at(started.conversation).present();
              std::erase_if(started.callees, [&](const auto& x) { return std::ranges::find(there, x) == there.end(); });
            }};
  }
  auto accepts = dice == 3, declines = dice == 4;
  auto e = event_json(next("e"), accepts ? "call.accepted" : declines ? "call.declined" : "call.ended", &c);
  e["call"] = call;
  if (accepts || declines)
    e["person"] = p;
  calls_[call].answered |= accepts;
  calls_[call].declined |= declines;
  return {e.dump(), false, {}, {}};
}

planned_event host::plan_presence(model_conversation& c) {
  const char* types[] = {"conversation.opened", "conversation.closed", "presence.changed"};
  auto which = below(3);
  auto e = event_json(next("e"), types[which], which < 2 ? &c : nullptr);
  e["person"] = somebody(c);
  e["client"] = "tab" + std::to_string(below(2));
  if (which == 2)
    e["online"] = below(2) == 0;
  return {e.dump(), false, {}, {}};
}

planned_event host::plan_invitation(model_conversation& c) {
  auto i = std::find_if(invitations_.begin(), invitations_.end(),
                        [&](const auto& x) { return x.second.conversation == c.id && !x.second.close_sent; });
  if (i != invitations_.end() && below(2) == 0) {
    auto e = event_json(next("e"), "request.closed", &c);
    e["invitation"] = i->first;
    e["reason"] = "ACCEPTED";
    i->second.close_sent = clock::now();
    return {e.dump(), false, {}, [this, id = i->first] { invitations_[id].closed = true; }};
  }
  auto id = next("i");
  auto agent = person(below(persons));
  auto e = event_json(next("e"), "request.offered", &c);
  e["invitation"] = {{"id", id}, {"kind", "AGENT_INVITATION"}, {"agent", agent}};
  invitations_[id] = {c.id, agent, false, {}, false};
  return {e.dump(), false, {}, [this, id] { invitations_[id].offered = true; }};
}

planned_event host::plan_roster(model_conversation& c) {
  auto p = somebody(c);
  if (below(2) == 0 && c.present().size() > 2) {
    auto e = event_json(next("e"), "participant.left", &c);
    e["person"] = p;
    disturb_calls(c.id);
    auto effect = c.leave(p);
    return {e.dump(), false, std::move(effect), {}};
  }
  p = person(below(persons));
  if (c.ever_had(p))
    return plan_message(c);
  auto e = event_json(next("e"), "participant.joined", &c);
  e["person"] = p;
  e["role"] = "SECONDARY_VISITOR";
  c.join(p);
  return {e.dump(), false, {}, {}};
}

planned_event host::plan_end(model_conversation& c) {
  auto e = event_json(next("e"), "conversation.ended", &c);
  disturb_calls(c.id);
  std::erase(living_, c.id);
  for (auto& [id, i] : invitations_) {
    if (i.conversation == c.id && !i.close_sent)
      i.close_sent = clock::now();
  }
  auto effect = c.end();
  return {e.dump(), false, std::move(effect), [this, conversation = c.id] {
            for (auto& [id, i] : invitations_)
              i.closed = i.closed || i.conversation == conversation;
          }};
}

void host::disturb_calls(const std::string& conversation) {
  for (auto& [id, k] : calls_)
    k.disturbed |= k.conversation == conversation && clock::now() - k.planned < 10s;
}

void host::plan_profile() {
  auto p = person(below(persons));
  for (const auto& [n, x] : open_profiles_) {
    // One at a time: two requests for one person have no order.
    if (x.first == p)
      return;
  }
  auto n = ++number_;
  open_profiles_[n] = {p, ++profiles_[p]};
  child_->say(std::to_string(n) + " person " + p + " "
              + json{{"type", "VISITOR"}, {"displayName", std::to_string(profiles_[p])}}.dump());
}

std::vector<planned_event> host::ends_of_everything() {
  std::vector<planned_event> out;
  for (const auto& [id, k] : calls_) {
    const auto& c = conversations_.at(k.conversation);
    if (c.ended)
      continue;
    auto e = event_json(next("e"), "call.ended", &c);
    e["call"] = id;
    out.push_back({e.dump(), false, {}, {}});
  }
  return out;
}

} // namespace belfry::test

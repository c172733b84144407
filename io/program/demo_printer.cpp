#include "belfry/io/program/demo_printer.hpp"

#include <nlohmann/json.hpp>

#include <unistd.h>

#include <array>
#include <cstdio>

namespace belfry::program {

namespace {

using json = nlohmann::json;

constexpr auto look_every = std::chrono::milliseconds{200};
constexpr const char* plain_text = "";
constexpr const char* bold = "\033[1m";
constexpr const char* green = "\033[32m";
constexpr const char* cyan = "\033[36m";
constexpr const char* grey = "\033[90m";

std::string text_of(const json& body, const char* field) {
  auto i = body.find(field);
  return i != body.end() && i->is_string() ? i->get<std::string>() : std::string{};
}

std::int64_t number_of(const json& body, const char* field) {
  auto i = body.find(field);
  return i != body.end() && i->is_number_integer() ? i->get<std::int64_t>() : 0;
}

std::string seconds(std::int64_t ms) {
  std::array<char, 32> out{};
  std::snprintf(out.data(), out.size(), "%.1f s", static_cast<double>(ms) / 1000);
  return out.data();
}

std::string person_name(const json& body, const char* field) {
  auto i = body.find(field);
  if (i == body.end())
    return {};
  auto name = text_of(*i, "displayName");
  return name.empty() ? text_of(*i, "id") : name;
}

std::string counts(const json& body) {
  return std::to_string(number_of(body, "notificationCount")) + " unread here, "
         + std::to_string(number_of(body, "recipientNotificationCount")) + " in all";
}

std::string why_missed(const json& body) {
  return text_of(body, "callEndReason") == "MISSED_BECAUSE_TIMEOUT" ? "nobody answered in time" : "the caller hung up";
}

/// What the body of a webhook says, and why it was sent.
std::string sentence(kind what, const json& body) {
  switch (what) {
  case kind::new_message:
    return "new message of " + text_of(body, "senderName") + " \"" + text_of(body, "messageText") + "\" ("
           + counts(body) + "), because it was unread for "
           + seconds(number_of(body, "timestamp") - number_of(body, "messageServerTimestamp"));
  case kind::read_message:
    return "take back what is shown (" + counts(body) + "), because everything is read";
  case kind::incoming_call:
    return text_of(body, "callType") + " call of " + text_of(body, "callerName") + ", because it rings now";
  case kind::revoke_call:
    return "stop ringing (call is now " + text_of(body, "callState") + ")";
  case kind::missed_call:
    return "missed call of " + text_of(body, "callerName") + ", because " + why_missed(body);
  case kind::inbound_request:
    return "agent request for " + person_name(body, "contextPerson") + ", because it was offered to this agent";
  case kind::revoke_inbound_request:
    return "take back the agent request, because it is closed";
  case kind::deputy_delegation:
    return "stand in for " + person_name(body, "primaryAgentPerson") + ", because this agent is a deputy";
  case kind::revoke_deputy_delegation:
    return "take back the delegation, because it is closed";
  }
  return {};
}

bool kind_of(const json& body, kind& out) {
  auto name = text_of(body, "eventType");
  constexpr std::string_view prefix = "push_notification.";
  return name.starts_with(prefix) && from_string(std::string_view{name}.substr(prefix.size()), out);
}

} // namespace

demo_printer::demo_printer(const test::webhook_sink& sink) : sink_(sink), coloured_(isatty(STDOUT_FILENO) == 1) {
  thread_ = std::thread{[this] { run(); }};
}

demo_printer::~demo_printer() {
  stopping_ = true;
  thread_.join();
}

void demo_printer::run() {
  std::size_t seen = 0;
  while (!stopping_) {
    std::vector<test::received_request> fresh;
    sink_.wait_until(
        [&](const std::vector<test::received_request>& log) {
          for (; seen < log.size(); ++seen)
            fresh.push_back(log[seen]);
          return !fresh.empty();
        },
        look_every);
    for (const auto& r : fresh)
      show(r);
  }
}

void demo_printer::show(const test::received_request& r) {
  auto body = json::parse(r.body, nullptr, false);
  kind what{};
  if (body.is_discarded() || !kind_of(body, what))
    return;
  auto where = text_of(body, "conversationId");
  line(green, "  -> " + person_name(body, "recipient") + " is told [" + std::string{to_string(what)} + ", " + where
                  + "]: " + sentence(what, body));
  std::lock_guard guard{mutex_};
  ++told_[key{text_of(body["recipient"], "id"), what, where}];
  changed_.notify_all();
}

void demo_printer::line(const char* colour, const std::string& text) {
  auto passed = std::chrono::duration<double>(std::chrono::steady_clock::now() - began_).count();
  std::lock_guard guard{mutex_};
  std::printf("%s%6.1f s  %s%s\n", coloured_ ? colour : "", passed, text.c_str(), coloured_ ? "\033[0m" : "");
  std::fflush(stdout);
}

void demo_printer::scene(const std::string& title) {
  plain("");
  line(bold, "== " + title);
}

void demo_printer::happens(const std::string& sentence) {
  line(plain_text, sentence);
}

void demo_printer::not_told(const std::string& name, const std::string& why) {
  line(grey, "  -- " + name + " is not told: " + why);
}

void demo_printer::arrived(const std::string& words) {
  line(cyan, "  ~> " + words);
}

void demo_printer::plain(const std::string& text) {
  std::lock_guard guard{mutex_};
  std::printf("%s\n", text.c_str());
  std::fflush(stdout);
}

bool demo_printer::wait_told(const person_id& person, kind what, const conversation_id& where, std::size_t times,
                             std::chrono::milliseconds limit) {
  std::unique_lock guard{mutex_};
  return changed_.wait_for(guard, limit, [&] { return told_[key{person, what, where}] >= times; });
}

std::size_t demo_printer::told(const person_id& person, kind what, const conversation_id& where) {
  std::lock_guard guard{mutex_};
  return told_[key{person, what, where}];
}

} // namespace belfry::program

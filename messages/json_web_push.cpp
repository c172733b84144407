#include "belfry/messages/json.hpp"
#include "belfry/messages/json_print.hpp"
#include "belfry/messages/json_reader.hpp"

#include <nlohmann/json.hpp>

#include <array>

namespace belfry {

using border::need;
using border::object_reader;
using nlohmann::ordered_json;

namespace {

constexpr std::array<std::string_view, 5> states{"unchecked", "healthy", "checking", "missed", "renewing"};

} // namespace

std::string_view to_string(subscription_state x) {
  return states[static_cast<std::size_t>(x)];
}

std::string derive_subscription_key(const web_push_subscription& s) {
  return derive_token_key("webPushKeys", s.endpoint + '\n' + s.p256dh + '\n' + s.auth);
}

result<subscription_input> parse_subscription(std::string_view body) {
  subscription_input x;
  auto problems = border::read_object(body, [&](object_reader& o) {
    o.read("endpoint", x.endpoint, wrong_push_endpoint);
    std::optional<millis> expires;
    o.read_time("expirationTime", expires);
    o.object("keys", need::required, [&](object_reader& keys) {
      keys.read("p256dh", x.p256dh, wrong_push_key);
      keys.read("auth", x.auth, wrong_push_key);
    });
    if (auto desk = o.text("desk", need::required, nullptr); desk && *desk != "AGENT_DESK")
      o.wrong("desk", "must be AGENT_DESK: only the Agent Desk gets web push");
    o.read("installId", x.install_id, wrong_id);
    o.read("replaces", x.replaces, wrong_id);
  });
  if (!problems.empty())
    return problems.take();
  return x;
}

std::string to_json(const new_subscription& x) {
  return print({{"id", x.id}, {"secret", x.secret}});
}

std::string to_json(const std::vector<subscription_view>& xs) {
  auto items = ordered_json::array();
  for (const auto& s : xs) {
    auto& o = items.emplace_back(
        ordered_json{{"id", s.id}, {"host", s.host}, {"state", to_string(s.state)}, {"createdAt", s.created_at}});
    if (s.proven_at)
      o["lastProvenAt"] = *s.proven_at;
    if (s.next_check_at)
      o["nextCheckAt"] = *s.next_check_at;
  }
  return print({{"items", std::move(items)}});
}

std::string to_json(const page_message& x) {
  struct visitor {
    ordered_json operator()(const health_check_started& c) {
      return {{"type", "health_check.started"},
              {"subscription", c.subscription},
              {"check", c.check},
              {"timeoutMillis", c.timeout}};
    }
    ordered_json operator()(const close_shown& c) {
      ordered_json o{{"type", "close"}, {"kind", to_string(c.kind)}, {"conversation", c.conversation}, {"tag", c.tag}};
      if (!c.reason.empty())
        o["reason"] = c.reason;
      return o;
    }
    ordered_json operator()(const toast& t) {
      return {{"type", "notification"},
              {"kind", to_string(t.kind)},
              {"conversation", t.conversation},
              {"title", t.title},
              {"body", t.body},
              {"tag", t.tag},
              {"url", t.url}};
    }
  };
  return print(std::visit(visitor{}, x));
}

} // namespace belfry

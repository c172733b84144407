#include "belfry/io/http_server/handlers.hpp"

#include <nlohmann/json.hpp>

namespace belfry::io::http {

namespace {

constexpr auto gone = [](const success&) { return response{204, {}, {}, {}}; };

} // namespace

void get_web_push_key(const context& c, const std::shared_ptr<exchange>& x) {
  auto key = c.service.web_push_key();
  x->answer(key ? json_response(200, nlohmann::json{{"publicKey", *key}}.dump()) : error_response(key.error()));
}

void get_subscriptions(const context& c, const std::shared_ptr<exchange>& x) {
  c.service.get_subscriptions(x->params[0], x->then<std::vector<subscription_view>>(
                                                [](const auto& list) { return json_response(200, to_json(list)); }));
}

void post_subscription(const context& c, const std::shared_ptr<exchange>& x) {
  auto input = parse_subscription(x->body);
  if (!input)
    return x->answer(error_response(input.error()));
  c.service.create_subscription(x->params[0], std::move(*input), x->then<new_subscription>([](const auto& made) {
    return json_response(201, to_json(made));
  }));
}

void delete_subscription(const context& c, const std::shared_ptr<exchange>& x) {
  c.service.delete_subscription(x->params[0], x->params[1], x->then<success>(gone));
}

void post_health_check(const context& c, const std::shared_ptr<exchange>& x) {
  c.service.report_health_check(x->params[0], x->params[1], x->params[2], x->then<success>(gone));
}

} // namespace belfry::io::http

#include "belfry/io/http_server/handlers.hpp"
#include "belfry/messages/validate.hpp"

#include <charconv>

namespace belfry::io::http {

namespace {

using detail = std::string;

/// A whole number between `low` and `high`.
template <class Int>
bool read_number(std::string_view text, Int low, Int high, Int& out) {
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc{} && end == text.data() + text.size() && out >= low && out <= high;
}

detail read_id(const std::string& value, std::optional<std::string>& out) {
  out = value;
  return std::string{wrong_id(value)};
}

template <class Enum>
detail read_name(const std::string& value, std::optional<Enum>& out, std::string_view allowed) {
  Enum x{};
  if (!from_string(value, x))
    return "must be one of " + std::string{allowed};
  out = x;
  return {};
}

/// Takes one parameter; a sentence when something is wrong.
detail take(const std::string& name, const std::string& value, trace_query& q) {
  if (name == "person")
    return read_id(value, q.person);
  if (name == "conversation")
    return read_id(value, q.conversation);
  if (name == "message")
    return read_id(value, q.message);
  if (name == "kind")
    return read_name(value, q.kind,
                     "new_message, read_message, incoming_call, revoke_call, missed_call, inbound_request, "
                     "revoke_inbound_request, deputy_delegation, revoke_deputy_delegation");
  if (name == "state")
    return read_name(value, q.state, "WAITING, QUEUED, DONE, NOT_SENT");
  if (name == "limit")
    return read_number<std::size_t>(value, 1, trace_limit_max, q.limit) ? detail{} : detail{one_page_of_trace};
  if (name == "cursor")
    return read_number<std::uint64_t>(value, 1, UINT64_MAX, q.before) ? detail{} : "must be the cursor of a list";
  return "unknown parameter; known are person, conversation, message, kind, state, limit, cursor";
}

} // namespace

result<trace_query> parse_trace_query(const std::vector<std::pair<std::string, std::string>>& query) {
  trace_query q;
  std::vector<problem> problems;
  for (std::size_t i = 0; i < query.size(); ++i) {
    const auto& [name, value] = query[i];
    auto wrong = take(name, value, q);
    for (std::size_t j = 0; j < i; ++j)
      if (query[j].first == name)
        wrong = "appears more than once";
    if (wrong.empty())
      continue;
    std::string pointer;
    append_segment(pointer, name);
    problems.push_back({std::move(pointer), std::move(wrong)});
  }
  if (!problems.empty())
    return belfry::error{ec::bad_input, "a query parameter is not valid", std::move(problems)};
  return q;
}

void get_conversation(const context& c, const std::shared_ptr<exchange>& x) {
  c.service.get_conversation(x->params[0],
                             x->then<conversation_view>([](const auto& v) { return json_response(200, to_json(v)); }));
}

void get_notifications(const context& c, const std::shared_ptr<exchange>& x) {
  auto q = parse_trace_query(x->query);
  if (!q)
    return x->answer(error_response(q.error()));
  c.service.query_notifications(
      std::move(*q), x->then<trace_page>([](const auto& page) { return json_response(200, to_json(page)); }));
}

void get_notification(const context& c, const std::shared_ptr<exchange>& x) {
  notification_id id;
  if (!from_string(x->params[0], id))
    return x->answer(error_response({ec::not_found, "there is no notification with this id", {}}));
  c.service.get_notification(id, x->then<trace_item>([](const auto& t) { return json_response(200, to_json(t)); }));
}

} // namespace belfry::io::http

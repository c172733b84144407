#include "belfry/messages/json.hpp"
#include "belfry/messages/json_print.hpp"

#include <nlohmann/json.hpp>

namespace belfry {

namespace {

using nlohmann::ordered_json;

/// A nonempty text.
void put(ordered_json& o, const char* name, std::string_view x) {
  if (!x.empty())
    o[name] = x;
}

template <class T>
void put(ordered_json& o, const char* name, const std::optional<T>& x) {
  if (x)
    o[name] = *x;
}

template <class T, class F>
ordered_json list(const std::vector<T>& xs, F f) {
  auto out = ordered_json::array();
  for (const auto& x : xs)
    out.push_back(f(x));
  return out;
}

ordered_json build(const person& x) {
  const auto& p = x.profile;
  ordered_json o{{"id", x.id}, {"type", to_string(p.type)}};
  put(o, "displayName", p.display_name);
  put(o, "firstName", p.first_name);
  put(o, "lastName", p.last_name);
  put(o, "username", p.username);
  put(o, "nickname", p.nickname);
  put(o, "email", p.email);
  put(o, "phone", p.phone);
  put(o, "locale", p.locale);
  put(o, "sourceId", p.source_id);
  put(o, "labels", p.labels);
  put(o, "metadata", p.metadata);
  return o;
}

ordered_json build(const device& x) {
  auto tokens = ordered_json::array();
  if (x.push_token)
    tokens.push_back("push");
  if (x.push_kit_token)
    tokens.push_back("pushKit");
  return {{"id", x.id},
          {"platform", to_string(x.platform)},
          {"app", x.app},
          {"environment", to_string(x.environment)},
          {"messageVersion", to_string(x.version)},
          {"registeredAt", x.registered_at},
          {"tokens", std::move(tokens)}};
}

ordered_json build(const pause_reason& x) {
  ordered_json o{{"sourceId", x.source_id}};
  put(o, "displayName", x.display_name);
  put(o, "expiresAt", x.expires_at);
  return o;
}

ordered_json build(const pause_view& x) {
  ordered_json o{{"mode", to_string(x.mode)}, {"state", x.on ? "ON" : "OFF"}};
  put(o, "until", x.until);
  o["reasons"] = list(x.reasons, [](const pause_reason& r) { return build(r); });
  return o;
}

ordered_json build(const webhook& x, std::string_view account, endpoint_shown shown) {
  std::string_view endpoint = x.endpoint;
  if (shown == endpoint_shown::without_query)
    endpoint = endpoint.substr(0, endpoint.find_first_of("?#"));
  ordered_json o{{"$_type", "WebhookRegistration"},
                 {"id", x.id},
                 {"accountId", account},
                 {"creationTimestamp", x.created_at},
                 {"modificationTimestamp", x.modified_at},
                 {"version", x.version},
                 {"name", x.name}};
  put(o, "description", x.description);
  o["endpoint"] = endpoint;
  o["status"] = to_string(x.status);
  o["apiVersion"] = x.api_version;
  o["events"] = x.events;
  return o;
}

ordered_json build(const refused_event& x, bool batch) {
  auto place = batch ? "/" + std::to_string(x.index) : std::string{};
  return {{"pointer", place + x.pointer}, {"detail", x.detail}, {"reason", to_string(x.reason)}};
}

ordered_json build(const call_view& x) {
  ordered_json o{{"id", x.id}, {"type", to_string(x.type)}, {"caller", x.caller}, {"startedAt", x.started_at}};
  put(o, "ringDeadline", x.ring_deadline);
  return o;
}

ordered_json build(const participant_view& x) {
  ordered_json o{{"person", x.person}};
  put(o, "role", to_string(x.role));
  o["hidden"] = x.hidden;
  o["muted"] = x.muted;
  o["open"] = x.open;
  o["unreadCount"] = x.unread_count;
  o["callState"] = to_string(x.call_state);
  if (x.pending)
    o["pending"] = {{"message", x.pending->message}, {"due", x.pending->due}};
  return o;
}

ordered_json build(const conversation_view& x) {
  ordered_json o{{"id", x.id}};
  put(o, "topic", x.topic);
  o["state"] = x.ended ? "ENDED" : "ACTIVE";
  o["autoJoinCalls"] = x.auto_join_calls;
  o["callState"] = to_string(x.call_state);
  if (x.call)
    o["call"] = build(*x.call);
  o["participants"] = list(x.participants, [](const participant_view& p) { return build(p); });
  return o;
}

ordered_json build(const attempt& x) {
  ordered_json o{{"at", x.at}};
  if (x.status != 0)
    o["status"] = x.status;
  put(o, "answer", std::string_view{x.answer});
  o["millis"] = x.duration;
  put(o, "messageId", std::string_view{x.message_id});
  return o;
}

ordered_json build(const delivery& x) {
  ordered_json o{
      {"id", to_string(x.id)}, {"channel", to_string(x.channel)}, {"target", x.target}, {"state", to_string(x.state)}};
  put(o, "reason", to_string(x.reason));
  o["attempts"] = list(x.attempts, [](const attempt& a) { return build(a); });
  return o;
}

ordered_json build(const trace_item& x) {
  ordered_json o = ordered_json::object();
  if (x.id)
    o["id"] = to_string(*x.id);
  o["kind"] = to_string(x.kind);
  o["recipient"] = x.recipient;
  o["conversation"] = x.conversation;
  put(o, "message", x.message);
  put(o, "call", x.call);
  o["state"] = to_string(x.state);
  put(o, "reason", to_string(x.reason));
  if (x.created_at != 0)
    o["createdAt"] = x.created_at;
  o["deliveries"] = list(x.deliveries, [](const delivery& d) { return build(d); });
  return o;
}

} // namespace

std::string to_json(const person& x) {
  return print(build(x));
}

std::string to_json(const device& x) {
  return print(build(x));
}

std::string to_json(const std::vector<device>& xs) {
  return print({{"items", list(xs, [](const device& x) { return build(x); })}});
}

std::string to_json(const pause_view& x) {
  return print(build(x));
}

std::string to_json(const pause_reason& x) {
  return print(build(x));
}

std::string to_json(const webhook& x, std::string_view account, endpoint_shown shown) {
  return print(build(x, account, shown));
}

std::string to_json(const std::vector<webhook>& xs, std::string_view account, endpoint_shown shown) {
  return print({{"items", list(xs, [&](const webhook& x) { return build(x, account, shown); })}});
}

std::string to_json(const admission& x, bool batch) {
  ordered_json o{{"accepted", x.accepted}, {"duplicates", x.duplicates}};
  if (!x.refused.empty())
    o["refused"] = list(x.refused, [&](const refused_event& r) { return build(r, batch); });
  return print(o);
}

std::string to_json(const conversation_view& x) {
  return print(build(x));
}

std::string to_json(const count_view& x) {
  return print({{"total", x.total}, {"conversations", x.conversations}});
}

std::string to_json(const suppression_view& x) {
  ordered_json o{{"reason", x.reason}, {"since", x.since}};
  if (x.until != 0)
    o["until"] = x.until;
  return print(o);
}

std::string to_json(const trace_item& x) {
  return print(build(x));
}

std::string to_json(const trace_page& x) {
  ordered_json o{{"items", list(x.items, [](const trace_item& i) { return build(i); })}};
  if (x.next != 0)
    o["cursor"] = std::to_string(x.next);
  return print(o);
}

stream_event to_stream_event(const report& x) {
  struct visitor {
    stream_event operator()(const trace_item& i) { return {"notification", print(build(i))}; }
    stream_event operator()(const call_timeout& t) {
      return {"call_timeout", print({{"conversation", t.conversation}, {"call", t.call}, {"at", t.at}})};
    }
    stream_event operator()(const pause_changed& p) {
      ordered_json o{{"person", p.person}, {"mode", to_string(p.pause.mode)}, {"state", p.pause.on ? "ON" : "OFF"}};
      put(o, "until", p.pause.until);
      return {"pause", print(o)};
    }
    stream_event operator()(const address_gone& a) {
      ordered_json o{{"channel", to_string(a.channel)}};
      put(o, "person", std::string_view{a.person});
      o["target"] = a.target;
      return {"address_gone", print(o)};
    }
  };
  return std::visit(visitor{}, x);
}

std::string_view status_phrase(int status) {
  switch (status) {
  case 200:
    return "OK";
  case 201:
    return "Created";
  case 202:
    return "Accepted";
  case 204:
    return "No Content";
  case 400:
    return "Bad Request";
  case 401:
    return "Unauthorized";
  case 403:
    return "Forbidden";
  case 404:
    return "Not Found";
  case 405:
    return "Method Not Allowed";
  case 408:
    return "Request Timeout";
  case 409:
    return "Conflict";
  case 413:
    return "Content Too Large";
  case 415:
    return "Unsupported Media Type";
  case 417:
    return "Expectation Failed";
  case 429:
    return "Too Many Requests";
  case 426:
    return "Upgrade Required";
  case 431:
    return "Request Header Fields Too Large";
  case 501:
    return "Not Implemented";
  case 503:
    return "Service Unavailable";
  default:
    return "Internal Server Error";
  }
}

std::string to_json(const problem_document& x) {
  ordered_json o{{"type", "urn:belfry:" + x.code},
                 {"title", x.title.empty() ? status_phrase(x.status) : std::string_view{x.title}},
                 {"status", x.status}};
  put(o, "detail", std::string_view{x.detail});
  auto errors = list(x.errors, [](const problem& p) {
    return ordered_json{{"pointer", p.pointer}, {"detail", p.detail}};
  });
  for (const auto& r : x.refused)
    errors.push_back(build(r, x.batch));
  if (!errors.empty())
    o["errors"] = std::move(errors);
  return print(o);
}

} // namespace belfry

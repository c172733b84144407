#include "belfry/messages/validate.hpp"

#include "belfry/messages/json.hpp"

#include <curl/curl.h>

#include <algorithm>
#include <array>
#include <memory>
#include <unordered_set>

namespace belfry {

namespace {

bool continues(std::string_view x, std::size_t i, unsigned char low = 0x80, unsigned char high = 0xbf) {
  return i < x.size() && static_cast<unsigned char>(x[i]) >= low && static_cast<unsigned char>(x[i]) <= high;
}

/// Bytes of the well-formed sequence at the front of `x`, which begins with no ASCII; 0: ill-formed (Unicode, table
/// 3-7).
std::size_t sequence(std::string_view x) {
  auto first = static_cast<unsigned char>(x.front());
  if (first >= 0xc2 && first <= 0xdf)
    return continues(x, 1) ? 2 : 0;
  if ((first & 0xf0) == 0xe0) {
    bool second = continues(x, 1, first == 0xe0 ? 0xa0 : 0x80, first == 0xed ? 0x9f : 0xbf);
    return second && continues(x, 2) ? 3 : 0;
  }
  if (first >= 0xf0 && first <= 0xf4) {
    bool second = continues(x, 1, first == 0xf0 ? 0x90 : 0x80, first == 0xf4 ? 0x8f : 0xbf);
    return second && continues(x, 2) && continues(x, 3) ? 4 : 0;
  }
  return 0;
}

bool alpha(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool alphanumeric(char c) {
  return alpha(c) || (c >= '0' && c <= '9');
}

/// Syntax of a language tag: a language of 2 to 8 letters (or "x" or "i"), then subtags of 1 to 8; what a single
/// character introduces must not be empty.
bool language_tag(std::string_view x) {
  bool first = true, dangling = false;
  while (true) {
    auto part = x.substr(0, x.find('-'));
    bool good =
        !part.empty() && part.size() <= 8 && std::all_of(part.begin(), part.end(), first ? alpha : alphanumeric);
    if (!good || (first && part.size() == 1 && std::string_view{"xXiI"}.find(part) == std::string_view::npos))
      return false;
    dangling = part.size() == 1;
    first = false;
    if (part.size() == x.size())
      return !dangling;
    x.remove_prefix(part.size() + 1);
  }
}

constexpr std::string_view one_of_roles =
    "must be ASSIGNED_AGENT, CONTEXT_PERSON, SECONDARY_AGENT or SECONDARY_VISITOR";
constexpr std::string_view one_of_close_reasons = "must be ACCEPTED, DECLINED, REVOKED or EXPIRED";

/// Collects what is wrong in one event or another object.
class checker {
public:
  checker(std::string prefix, std::vector<problem>& out) : prefix_(std::move(prefix)), out_(out) {}

  void add(std::string_view pointer, std::string_view detail) {
    if (!detail.empty() && out_.size() < problems_max)
      out_.push_back({prefix_ + std::string{pointer}, std::string{detail}});
  }

  /// Enumerations count from 0, so that all up to the last are known.
  template <class Enum>
  void known(std::string_view pointer, Enum x, Enum last, std::string_view rule) {
    if (x > last)
      add(pointer, rule);
  }
  void keeps(std::string_view pointer, const std::optional<std::string>& x,
             std::string_view (*wrong)(std::string_view)) {
    if (x)
      add(pointer, wrong(*x));
  }

  void id(std::string_view pointer, const std::string& x) { add(pointer, x.empty() ? "is missing" : wrong_id(x)); }
  void id(std::string_view pointer, const std::optional<std::string>& x) {
    if (x)
      add(pointer, wrong_id(*x));
  }
  void text(std::string_view pointer, const std::optional<std::string>& x) { keeps(pointer, x, wrong_text); }
  void time(std::string_view pointer, const std::optional<millis>& x) {
    if (x)
      add(pointer, wrong_millis(*x));
  }
  void client(const std::string& x) {
    if (!x.empty())
      id("/client", x);
  }
  void each(std::string_view pointer, const std::vector<std::string>& xs, std::string_view (*wrong)(std::string_view)) {
    for (std::size_t i = 0; i < xs.size(); ++i) {
      if (auto detail = wrong(xs[i]); !detail.empty())
        add(std::string{pointer} + "/" + std::to_string(i), detail);
    }
  }
  void ids(std::string_view pointer, const std::vector<std::string>& xs) { each(pointer, xs, wrong_id); }
  void role_of(std::string_view pointer, role x) { known(pointer, x, role::secondary_visitor, one_of_roles); }

  void operator()(const conversation_started& x) {
    text("/topic", x.topic);
    std::unordered_set<std::string_view> seen;
    for (std::size_t i = 0; i < x.participants.size(); ++i) {
      const auto& person = x.participants[i].person;
      auto wrong = seen.insert(person).second ? wrong_id(person) : twice_in_participants;
      const auto part = x.participants[i].role;
      if (wrong.empty() && part <= role::secondary_visitor)
        continue;
      const auto place = "/participants/" + std::to_string(i);
      add(place + "/person", wrong);
      role_of(place + "/role", part);
    }
  }
  void operator()(const conversation_ended&) {}
  void operator()(const participant_joined& x) {
    id("/person", x.participant.person);
    role_of("/role", x.participant.role);
  }
  void operator()(const participant_changed& x) {
    id("/person", x.person);
    role_of("/role", x.role.value_or(role::none));
  }
  void operator()(const participant_left& x) { id("/person", x.person); }
  void operator()(const presence_changed& x) {
    id("/person", x.person);
    client(x.client);
  }
  void operator()(const presence_reset&) {}
  void operator()(const conversation_opened& x) {
    id("/person", x.person);
    client(x.client);
  }
  void operator()(const conversation_closed& x) {
    id("/person", x.person);
    client(x.client);
  }
  void operator()(const message_sent& x) {
    id("/message/id", x.message);
    known("/message/kind", x.kind, message_kind::system, "must be text or system");
    if (x.kind != message_kind::system || !x.sender.empty())
      id("/message/sender", x.sender);
    add("/message/text", wrong_text(x.text));
    if (x.recipients && x.recipients->empty())
      add("/message/recipients", no_recipients);
    if (x.recipients)
      ids("/message/recipients", *x.recipients);
    time("/message/sentAt", x.sent_at);
  }
  void operator()(const message_read& x) {
    id("/person", x.person);
    id("/message", x.message);
  }
  void operator()(const message_edited& x) {
    id("/message/id", x.message);
    add("/message/text", wrong_text(x.text));
  }
  void operator()(const message_deleted& x) { id("/message", x.message); }
  void operator()(const call_started& x) {
    id("/call/id", x.call);
    known("/call/type", x.type, call_type::video, "must be AUDIO or VIDEO");
    id("/call/caller", x.caller);
  }
  void operator()(const call_accepted& x) {
    id("/call", x.call);
    id("/person", x.person);
  }
  void operator()(const call_declined& x) {
    id("/call", x.call);
    id("/person", x.person);
  }
  void operator()(const call_ended& x) {
    id("/call", x.call);
    text("/reason", x.reason);
  }
  void operator()(const request_offered& x) {
    id("/invitation/id", x.invitation);
    known("/invitation/kind", x.kind, request_kind::assignment_request,
          "must be AGENT_FORWARDING, AGENT_INVITATION or ASSIGNMENT_REQUEST");
    if (!x.agent && !x.team)
      add("/invitation/agent", agent_or_team);
    if (x.agent && x.team)
      add("/invitation/team", agent_or_team);
    id("/invitation/agent", x.agent);
    id("/invitation/team", x.team);
    about(x);
  }
  void operator()(const request_closed& x) { closed(x.invitation, x.reason, x.person); }
  void operator()(const deputy_delegated& x) {
    id("/invitation/id", x.invitation);
    ids("/invitation/deputies", x.deputies);
    id("/invitation/primaryAgent", x.primary_agent);
    about(x);
  }
  void operator()(const deputy_closed& x) { closed(x.invitation, x.reason, x.person); }
  void operator()(const session_started& x) { session(x.person, x.session, x.kind); }
  void operator()(const session_ended& x) { session(x.person, x.session, x.kind); }

private:
  template <class Request>
  void about(const Request& x) {
    id("/invitation/contextPerson", x.context_person);
    if (x.engagement_type)
      add("/invitation/engagementType", wrong_engagement_type(*x.engagement_type));
    text("/invitation/startUrl", x.start_url);
  }
  void closed(const invitation_id& invitation, close_reason reason, const std::optional<person_id>& person) {
    id("/invitation", invitation);
    known("/reason", reason, close_reason::expired, one_of_close_reasons);
    id("/person", person);
  }
  void session(const person_id& person, const session_id& session, const std::string& kind) {
    id("/person", person);
    id("/session", session);
    id("/kind", kind);
  }

  std::string prefix_;
  std::vector<problem>& out_;
};

bool is_presence(const event_body& x) {
  return std::holds_alternative<presence_changed>(x) || std::holds_alternative<presence_reset>(x);
}

std::size_t bytes_of(const person_profile& x) {
  std::size_t n = 0;
  for (const auto* text : {&x.display_name, &x.first_name, &x.last_name, &x.username, &x.nickname, &x.email, &x.phone,
                           &x.locale, &x.source_id})
    n += *text ? (*text)->size() : 0;
  if (x.labels) {
    for (const auto& label : *x.labels)
      n += label.size();
  }
  if (x.metadata) {
    for (const auto& [key, value] : *x.metadata)
      n += key.size() + value.size();
  }
  return n;
}

/// A wrong key is not repeated in the pointer.
void check_metadata(checker& check, const std::map<std::string, std::string>& metadata) {
  for (const auto& [key, value] : metadata) {
    std::string pointer = "/metadata";
    if (auto detail = wrong_name(key); !detail.empty()) {
      check.add(pointer, detail);
      continue;
    }
    append_segment(pointer, key);
    check.add(pointer, wrong_text(value));
  }
}

/// What a browser gives a page: any text of so many bytes.
std::string_view wrong_browser_text(std::string_view x, std::size_t most, std::string_view rule) {
  if (x.empty() || x.size() > most)
    return rule;
  return scan(x).utf8 ? "" : not_utf8;
}

} // namespace

text_facts scan(std::string_view x) {
  text_facts facts;
  for (std::size_t i = 0; i < x.size(); ++facts.characters) {
    auto c = static_cast<unsigned char>(x[i]);
    if (c < 0x80) {
      facts.control |= c < 0x20 || c == 0x7f;
      ++i;
      continue;
    }
    auto size = sequence(x.substr(i));
    if (size == 0) {
      facts.utf8 = false;
      return facts;
    }
    facts.control |= c == 0xc2 && static_cast<unsigned char>(x[i + 1]) < 0xa0;
    i += size;
  }
  return facts;
}

std::string_view wrong_length(std::string_view x, std::size_t low, std::size_t high, std::string_view rule,
                              bool controls) {
  auto facts = scan(x);
  if (!facts.utf8)
    return not_utf8;
  if (facts.characters < low || facts.characters > high)
    return rule;
  return facts.control && !controls ? has_controls : "";
}

std::string_view wrong_id(std::string_view x) {
  return wrong_length(x, 1, id_max, "must have 1 to 128 characters");
}

std::string_view wrong_name(std::string_view x) {
  return wrong_length(x, 1, 500, "must have 1 to 500 characters");
}

std::string_view wrong_email(std::string_view x) {
  if (std::count(x.begin(), x.end(), '@') != 1 || x.front() == '@' || x.back() == '@')
    return "must be an address with one @";
  return wrong_name(x);
}

std::string_view wrong_token(std::string_view x) {
  return wrong_length(x, 1, 4096, "must have 1 to 4096 characters");
}

std::string_view wrong_source_id(std::string_view x) {
  if (x.starts_with("session:") || x.starts_with("call:"))
    return "must not begin with session: or call:";
  return wrong_length(x, 1, 36, "must have 1 to 36 characters");
}

std::string_view wrong_push_endpoint(std::string_view x) {
  return wrong_browser_text(x, 4'000, "must have 1 to 4000 characters");
}

std::string_view wrong_push_key(std::string_view x) {
  return wrong_browser_text(x, 200, "must be base64url");
}

std::vector<member_problem> wrong_tokens(device_platform platform, bool push, bool push_kit) {
  std::vector<member_problem> out;
  if (platform == device_platform::android) {
    if (!push)
      out.push_back({"pushToken", "is missing"});
    if (push_kit)
      out.push_back({"pushKitToken", "is for IOS only"});
  } else if (!push && !push_kit) {
    out.push_back({"pushToken", "is missing (IOS needs pushToken, pushKitToken or both)"});
  }
  return out;
}

std::string_view wrong_text(std::string_view x) {
  if (x.size() > text_max)
    return "must have at most 65536 bytes of UTF-8";
  return scan(x).utf8 ? "" : not_utf8;
}

/// EInitialEngagementType, in the order of SPEC 5.
static constexpr std::array<std::string_view, 21> engagement_types{
    "CHAT_REQUEST",
    "OFFLINE_CHAT_REQUEST",
    "VIDEO_REQUEST",
    "AUDIO_REQUEST",
    "HEADLESS_BROWSER_REQUEST",
    "DOMCAP_BROWSER_REQUEST",
    "MOBILE_COBROWSING_REQUEST",
    "WHITEBOARD_REQUEST",
    "SCREEN_SHARING_REQUEST",
    "VISITOR_COBROWSING",
    "HEADLESS_PIN",
    "DOMCAP_PIN",
    "MOBILE_PIN",
    "WHITEBOARD_PIN",
    "SCREEN_SHARING_PIN",
    "CHAT_PIN",
    "CHAT_INVITE",
    "HEADLESS_INVITE",
    "WHITEBOARD_INVITE",
    "SCREEN_SHARING_INVITE",
    "SCHEDULED_CONVERSATION",
};

std::string_view wrong_engagement_type(std::string_view x) {
  constexpr std::string_view allowed =
      "must be one of "
      "CHAT_REQUEST, OFFLINE_CHAT_REQUEST, VIDEO_REQUEST, AUDIO_REQUEST, HEADLESS_BROWSER_REQUEST, "
      "DOMCAP_BROWSER_REQUEST, MOBILE_COBROWSING_REQUEST, WHITEBOARD_REQUEST, SCREEN_SHARING_REQUEST, "
      "VISITOR_COBROWSING, HEADLESS_PIN, DOMCAP_PIN, MOBILE_PIN, WHITEBOARD_PIN, SCREEN_SHARING_PIN, "
      "CHAT_PIN, CHAT_INVITE, HEADLESS_INVITE, WHITEBOARD_INVITE, SCREEN_SHARING_INVITE, "
      "SCHEDULED_CONVERSATION";
  auto known = std::find(engagement_types.begin(), engagement_types.end(), x) != engagement_types.end();
  return known ? std::string_view{} : allowed;
}

std::string_view wrong_millis(std::int64_t x) {
  return x >= 0 && x <= millis_max ? "" : "must be milliseconds since 1970, 0 to 9007199254740991";
}

std::string_view wrong_locale(std::string_view x) {
  return x.size() <= id_max && language_tag(x) ? "" : "must be a language tag such as \"en\" or \"de-CH\" (BCP 47)";
}

std::string_view wrong_endpoint(const std::string& x) {
  static constexpr std::string_view rule = "must be an http or https URL with a host and without credentials";
  std::unique_ptr<CURLU, decltype(&curl_url_cleanup)> url{curl_url(), curl_url_cleanup};
  auto part = [&](CURLUPart what) {
    char* raw = nullptr;
    auto found = curl_url_get(url.get(), what, &raw, 0) == CURLUE_OK;
    std::string text = found ? raw : "";
    curl_free(raw);
    return text;
  };
  // NUL would end the URL for the library but not for others.
  if (!url || x.find('\0') != std::string::npos
      || curl_url_set(url.get(), CURLUPART_URL, x.c_str(), CURLU_DISALLOW_USER) != CURLUE_OK)
    return rule;
  // The library takes one to three slashes and back slashes; other readers of the URL would see another host.
  auto colon = x.find(':');
  if (colon == std::string::npos || x.compare(colon, 3, "://") != 0 || x.compare(colon + 3, 1, "/") == 0
      || x.find('\\') != std::string::npos)
    return rule;
  auto scheme = part(CURLUPART_SCHEME);
  return (scheme == "http" || scheme == "https") && !part(CURLUPART_HOST).empty() ? "" : rule;
}

std::string_view wrong_key(std::string_view x) {
  if (x.size() == 44 && x.back() == '=')
    x.remove_suffix(1);
  auto digit = [](char c) { return alphanumeric(c) || c == '-' || c == '_'; };
  // 43 digits hold 258 bits; the last two must not be set.
  bool good = x.size() == 43 && std::all_of(x.begin(), x.end(), digit)
              && std::string_view{"AEIMQUYcgkosw048"}.find(x.back()) != std::string_view::npos;
  return good ? "" : "must be base64url of 32 bytes";
}

void append_segment(std::string& pointer, std::string_view segment) {
  pointer += '/';
  for (char c : segment) {
    if (c == '~')
      pointer += "~0";
    else if (c == '/')
      pointer += "~1";
    else
      pointer += c;
  }
}

std::vector<problem> validate(const event& x, std::size_t index, bool batch) {
  std::vector<problem> out;
  checker check{batch ? "/" + std::to_string(index) : std::string{}, out};
  if (!x.id.empty())
    check.id("/id", x.id);
  check.time("/at", x.at);
  if (!is_presence(x.body))
    check.id("/conversation", x.conversation);
  else if (!x.conversation.empty())
    check.add("/conversation", unknown_field);
  std::visit(check, x.body);
  return out;
}

std::vector<problem> validate(const person_profile& x) {
  std::vector<problem> out;
  checker check{{}, out};
  check.known("/type", x.type, person_type::system, one_of_person_types);
  check.keeps("/displayName", x.display_name, wrong_name);
  check.keeps("/firstName", x.first_name, wrong_name);
  check.keeps("/lastName", x.last_name, wrong_name);
  check.keeps("/username", x.username, wrong_name);
  check.keeps("/nickname", x.nickname, wrong_name);
  check.keeps("/email", x.email, wrong_email);
  check.keeps("/phone", x.phone, wrong_name);
  check.keeps("/locale", x.locale, wrong_locale);
  check.keeps("/sourceId", x.source_id, wrong_name);
  if (x.labels)
    check.each("/labels", *x.labels, wrong_name);
  if (x.metadata)
    check_metadata(check, *x.metadata);
  if (bytes_of(x) > profile_max)
    check.add("", "must have at most 1048576 bytes of text");
  return out;
}

std::vector<problem> validate(const device& x) {
  std::vector<problem> out;
  checker check{{}, out};
  check.id("/id", x.id);
  check.known("/platform", x.platform, device_platform::ios, one_of_platforms);
  check.id("/app", x.app);
  check.known("/environment", x.environment, device_environment::sandbox, one_of_environments);
  check.known("/messageVersion", x.version, message_version::encrypted_service, one_of_message_versions);
  check.keeps("/pushToken", x.push_token, wrong_token);
  check.keeps("/pushKitToken", x.push_kit_token, wrong_token);
  if (x.platform <= device_platform::ios) {
    for (const auto& p : wrong_tokens(x.platform, x.push_token.has_value(), x.push_kit_token.has_value()))
      check.add("/" + std::string{p.member}, p.detail);
  }
  if (x.version != message_version::not_encrypted && !x.encryption_key)
    check.add("/encryptionKey", needs_encryption_key);
  check.keeps("/encryptionKey", x.encryption_key, wrong_key);
  return out;
}

std::vector<problem> validate(const subscription_input& x) {
  std::vector<problem> out;
  checker check{{}, out};
  check.add("/endpoint", wrong_push_endpoint(x.endpoint));
  check.add("/keys/p256dh", wrong_push_key(x.p256dh));
  check.add("/keys/auth", wrong_push_key(x.auth));
  check.id("/installId", x.install_id);
  check.id("/replaces", x.replaces);
  return out;
}

std::vector<problem> validate(const trace_query& x) {
  std::vector<problem> out;
  checker check{{}, out};
  check.id("/person", x.person);
  check.id("/conversation", x.conversation);
  check.id("/message", x.message);
  if (x.kind)
    check.known("/kind", *x.kind, kind::revoke_deputy_delegation, "must be a kind of notification");
  if (x.state)
    check.known("/state", *x.state, trace_state::not_sent, "must be WAITING, QUEUED, DONE or NOT_SENT");
  if (x.limit == 0 || x.limit > trace_limit_max)
    check.add("/limit", one_page_of_trace);
  return out;
}

std::vector<problem> validate_pause(pause_mode mode, const std::optional<millis>& until) {
  std::vector<problem> out;
  checker check{{}, out};
  check.known("/mode", mode, pause_mode::automatic, one_of_pause_modes);
  check.time("/until", until);
  if (until && out.empty() && mode != pause_mode::on)
    check.add("/until", only_with_on);
  return out;
}

std::vector<problem> validate_pause_reason(std::string_view source, std::string_view display_name,
                                           std::int64_t timeout_seconds) {
  std::vector<problem> out;
  checker check{{}, out};
  check.add("/sourceId", wrong_source_id(source));
  if (!display_name.empty())
    check.add("/displayName", wrong_name(display_name));
  if (timeout_seconds < 1 || timeout_seconds > timeout_seconds_max)
    check.add("/timeoutSeconds", seconds_of_reason);
  return out;
}

std::vector<problem> validate_ids(std::initializer_list<named_id> ids) {
  std::vector<problem> out;
  checker check{{}, out};
  for (const auto& x : ids)
    check.add(x.pointer, wrong_id(x.id));
  return out;
}

} // namespace belfry

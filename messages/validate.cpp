#include "belfry/messages/validate.hpp"

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

/// Collects what is wrong in one event.
class checker {
public:
  checker(std::string prefix, std::vector<problem>& out) : prefix_(std::move(prefix)), out_(out) {}

  void add(std::string_view pointer, std::string_view detail) {
    if (!detail.empty())
      out_.push_back({prefix_ + std::string{pointer}, std::string{detail}});
  }

  void id(std::string_view pointer, const std::string& x) { add(pointer, x.empty() ? "is missing" : wrong_id(x)); }
  void id(std::string_view pointer, const std::optional<std::string>& x) {
    if (x)
      add(pointer, wrong_id(*x));
  }
  void text(std::string_view pointer, const std::optional<std::string>& x) {
    if (x)
      add(pointer, wrong_text(*x));
  }
  void time(std::string_view pointer, const std::optional<millis>& x) {
    if (x)
      add(pointer, wrong_millis(*x));
  }
  void client(const std::string& x) {
    if (!x.empty())
      id("/client", x);
  }
  void ids(std::string_view pointer, const std::vector<std::string>& xs) {
    for (std::size_t i = 0; i < xs.size(); ++i) {
      if (!wrong_id(xs[i]).empty())
        add(std::string{pointer} + "/" + std::to_string(i), wrong_id(xs[i]));
    }
  }

  void operator()(const conversation_started& x) {
    text("/topic", x.topic);
    std::unordered_set<std::string_view> seen;
    for (std::size_t i = 0; i < x.participants.size(); ++i) {
      const auto& person = x.participants[i].person;
      auto wrong = seen.insert(person).second ? wrong_id(person) : twice_in_participants;
      if (!wrong.empty())
        add("/participants/" + std::to_string(i) + "/person", wrong);
    }
  }
  void operator()(const conversation_ended&) {}
  void operator()(const participant_joined& x) { id("/person", x.participant.person); }
  void operator()(const participant_changed& x) { id("/person", x.person); }
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
    if (!x.agent && !x.team)
      add("/invitation/agent", agent_or_team);
    if (x.agent && x.team)
      add("/invitation/team", agent_or_team);
    id("/invitation/agent", x.agent);
    id("/invitation/team", x.team);
    about(x);
  }
  void operator()(const request_closed& x) { closed(x.invitation, x.person); }
  void operator()(const deputy_delegated& x) {
    id("/invitation/id", x.invitation);
    ids("/invitation/deputies", x.deputies);
    id("/invitation/primaryAgent", x.primary_agent);
    about(x);
  }
  void operator()(const deputy_closed& x) { closed(x.invitation, x.person); }
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
  void closed(const invitation_id& invitation, const std::optional<person_id>& person) {
    id("/invitation", invitation);
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

std::string_view wrong_id(std::string_view x) {
  auto facts = scan(x);
  if (!facts.utf8)
    return "must be valid UTF-8";
  if (facts.characters == 0 || facts.characters > id_max)
    return "must have 1 to 128 characters";
  return facts.control ? "must not contain control characters" : "";
}

std::string_view wrong_text(std::string_view x) {
  if (x.size() > text_max)
    return "must have at most 65536 bytes of UTF-8";
  return scan(x).utf8 ? "" : "must be valid UTF-8";
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

} // namespace belfry

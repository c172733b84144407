#include "belfry/io/web_push/answer.hpp"

#include "belfry/io/outbound/retry_after.hpp"

#include <algorithm>
#include <array>
#include <string_view>

namespace belfry::io::web_push {

namespace {

struct known_word {
  std::string_view text;
  action what;
  std::string_view code;
};

/// Words of bodies with 400 or 403 that say more than the status.
constexpr std::array<known_word, 4> words{{
    {"VapidPkHashMismatch", action::renew, "VapidPkHashMismatch"},
    {"do not correspond to the credentials used to create the subscription", action::renew, "key_mismatch"},
    {"BadWebPushTopic", action::drop_topic, "BadWebPushTopic"},
    {"BadJwtToken", action::stop, "BadJwtToken"},
}};

action of_status(int status, const service_policy& from) {
  switch (status) {
  case 401:
  case 403:
    return action::stop;
  case 404:
  case 410:
    return action::gone;
  // The service did not get it in time, or not safely.
  case 408:
  case 425:
    return action::later;
  case 406:
    return from.throttles_by_406 ? action::slow_down : action::our_mistake;
  case 413:
    return action::shrink;
  case 429:
    return action::slow_down;
  default:
    break;
  }
  switch (status / 100) {
  case 2:
    return action::accepted;
  case 3:
    return action::refused;
  case 4:
    return action::our_mistake;
  default:
    return action::later;
  }
}

/// Somebody on the way answers with a page (a sign-in, a filter). Where WP-6 names the status for a refusal, that
/// counts: some services write pages themselves.
bool is_foreign_page(const http_answer& a, action what) {
  const auto first = a.body.find_first_not_of(" \t\r\n");
  if (first == std::string::npos || a.body[first] != '<')
    return false;
  return what == action::accepted || (what == action::our_mistake && a.status != 400);
}

} // namespace

verdict read_answer(const http_answer& a, const service_policy& from, millis now) {
  verdict out{of_status(a.status, from)};
  if (a.status == 400 || a.status == 403) {
    const auto word = std::find_if(words.begin(), words.end(),
                                   [&](const known_word& w) { return a.body.find(w.text) != std::string::npos; });
    if (word != words.end()) {
      out.what = word->what;
      out.why = word->code;
    }
  }
  if (is_foreign_page(a, out.what)) {
    out.what = action::later;
    out.why = "not_a_push_service";
  }
  if (a.retry_after && (out.what == action::slow_down || out.what == action::later))
    out.wait = parse_retry_after(*a.retry_after, now);
  return out;
}

} // namespace belfry::io::web_push

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
  case 406:
    return from.throttles_by_406 ? action::slow_down : action::our_mistake;
  case 413:
    return action::shrink;
  case 429:
    return action::slow_down;
  default:
    break;
  }
  if (status / 100 == 2)
    return action::accepted;
  return status >= 500 ? action::later : action::our_mistake;
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
  if (a.retry_after && (out.what == action::slow_down || out.what == action::later))
    out.wait = parse_retry_after(*a.retry_after, now);
  return out;
}

} // namespace belfry::io::web_push

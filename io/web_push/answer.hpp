#pragma once

#include "belfry/io/ports.hpp"
#include "belfry/io/web_push/services.hpp"

#include <cstdint>
#include <string>

/// What push services answer (PROTOCOLS WP-6). Pure.
namespace belfry::io::web_push {

enum class action : std::uint8_t {
  accepted,
  /// The subscription is gone.
  gone,
  /// It was made for another key: nothing goes there until the page subscribes anew.
  renew,
  /// Our identity is refused by this service: its lane stops and probes.
  stop,
  /// Too big: once more with less.
  shrink,
  /// The service knows no Topic of this form: once more without.
  drop_topic,
  /// Only this subscription gets too much.
  slow_down,
  later,
  /// Refused for good, which is nobody's mistake that we know of (a redirect is never followed).
  refused,
  /// The request is wrong and will not get better.
  our_mistake,
};

struct verdict {
  action what = action::accepted;
  /// Milliseconds that Retry-After asks for; a past date asks for none.
  std::optional<millis> wait = {};
  /// A known code, the service's or "not_a_push_service"; "": none.
  std::string why = {};
};

/// Reads an answer that has a status.
verdict read_answer(const http_answer& a, const service_policy& from, millis now);

} // namespace belfry::io::web_push

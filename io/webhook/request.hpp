#pragma once

#include "belfry/config/options.hpp"
#include "belfry/io/ports.hpp"
#include "belfry/io/webhook/signer.hpp"
#include "belfry/messages/webhook.hpp"

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace belfry::io::webhooks {

/// What tells one attempt from the others.
struct attempt_info {
  /// The notification's id (32 hex digits), the same in all retries and at all registrations; a ping's own.
  std::string event_id;
  /// The subscribed name, or "ping".
  std::string event_name;
  /// New for every attempt: see `make_uuid`.
  std::string delivery;
  /// 0 for the first attempt.
  std::uint32_t retry_no = 0;
  /// Time of this attempt.
  millis now = 0;
};

/// A random UUID (version 4, RFC 9562) from two throws of `rng`, 64 bits each.
std::string make_uuid(const std::function<std::uint64_t()>& rng);

/// The POST of SPEC 8 with all its headers; the body goes out exactly as signed. A registration without a secret is
/// not signed but has webhook-id and webhook-timestamp. The former secret signs `webhook-signature` too until
/// `previous_secret_until`.
http_request make_request(const webhook& w, const attempt_info& a, std::string body, const webhook_options& o);

/// The same with signers that are kept from one request of this registration to the next.
http_request make_request(const webhook& w, const attempt_info& a, std::string body, const webhook_options& o,
                          signers& kept);

} // namespace belfry::io::webhooks

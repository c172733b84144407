#pragma once

#include "belfry/config/options.hpp"
#include "belfry/messages/error.hpp"
#include "belfry/messages/notification.hpp"
#include "belfry/messages/webhook.hpp"

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// The rules of registrations (SPEC 8). Pure: the clock and the other registrations are arguments.
namespace belfry::io::webhooks {

// Bounds of SPEC 8, in characters (code points).
constexpr std::size_t name_length_max = 250;
constexpr std::size_t description_length_max = 500;
constexpr std::size_t endpoint_length_max = 4000;
constexpr std::size_t secret_length_max = 4000;

/// Everything that is wrong in `input` whatever is registered already: texts, event names, status, apiVersion,
/// endpoint. What the reader of JSON refuses is refused of structs too, but that events may be repeated.
std::vector<problem> check_input(const webhook_input& input, const outbound_options& o);

/// A new registration of version 1. ec::bad_input names each field; ec::conflict: the name is taken by one of `all`, or
/// `limits.webhooks` is reached.
result<webhook> create(const webhook_input& input, const webhook_id& id, std::span<const webhook> all, const options& o,
                       millis now);

/// What PUT makes of `old`: the next version. Without a secret the old one stays; a new one lets the old one sign
/// beside it for `webhooks.secretOverlap`; ACTIVE resets the failure clock. ec::bad_input as `create` (and without a
/// version); ec::conflict: an old version or a name taken by another one of `all`.
result<webhook> replace(const webhook& old, const webhook_input& input, std::span<const webhook> all, const options& o,
                        millis now);

/// The name under which `w` subscribed to `k`: "push_notification." and the kind, or the seed's name of revoke_call.
/// Nothing: it did not subscribe.
std::optional<std::string> event_name_for(const webhook& w, kind k);

// What attempts do to a registration. Each returns what must be written, nothing when nothing changed. Going to
// INACTIVE_UNAVAILABLE is a change that counts in `version`; the failure clock is bookkeeping that does not, so that an
// outage does not make the operator's PUT fail.

/// Failed attempts before a registration may be switched off: silence is no failure, and two are no pattern.
constexpr std::uint32_t failures_min = 5;

/// The first failure starts the failure clock; the one that makes `failures_min`, or a later one, switches the
/// registration off if it comes `webhooks.disableAfter` (0: never) or more after the first. Ones that are not ACTIVE
/// stay as they are. `now` is engine time, `wall` the time stamp of a change.
std::optional<webhook> after_failure(const webhook& w, const webhook_options& o, millis now, millis wall);

/// One success stops the failure clock.
std::optional<webhook> after_success(const webhook& w);

/// The endpoint answered 410: an ACTIVE registration is switched off at once.
std::optional<webhook> after_gone(const webhook& w, millis now);

/// The row of a registration on disk, versioned, secrets included.
std::string encode(const webhook& w);

/// The inverse of `encode`; nothing when the row is damaged or of a later version.
std::optional<webhook> decode(std::string_view row);

} // namespace belfry::io::webhooks

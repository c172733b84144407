#pragma once

#include "belfry/messages/admission.hpp"
#include "belfry/messages/error.hpp"
#include "belfry/messages/events.hpp"
#include "belfry/messages/views.hpp"
#include "belfry/messages/web_push.hpp"
#include "belfry/messages/webhook.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// JSON at the border, both ways (SPEC 2, 8, 10 and 13).
///
/// Reading is strict: an unknown field, a missing one, a wrong type or value, a repeated key, invalid UTF-8 and lone
/// surrogates are ec::bad_input with one problem per field (at most `problems_max`). null is the same as absent, also
/// for fields nobody knows. Pointers are RFC 6901. Nothing throws.
namespace belfry {

/// Events of one request (SPEC 13); beyond it ec::too_large.
constexpr std::size_t events_max = 10'000;
/// Levels of nesting of a body, the outermost array or object included.
constexpr std::size_t nesting_max = 64;
/// Problems reported of one request; reading stops there.
constexpr std::size_t problems_max = 100;

// -- events -------------------------------------------------------------------

enum class body_form : std::uint8_t {
  /// One object, or an array of objects.
  json,
  /// One object per line (`application/x-ndjson`); blank lines are skipped. No line counts as the empty batch.
  ndjson,
};

/// The events of one request.
struct event_request {
  std::vector<event> events;
  /// The request was an array or NDJSON: pointers begin with the place of the event, which counts events and not lines.
  bool batch = false;
};

/// Reads the body of POST /v1/events. ec::bad_input, or ec::too_large beyond `events_max` events.
result<event_request> parse_events(std::string_view body, body_form form);

/// Reads one event object.
result<event> parse_event(std::string_view body);

// -- persons ------------------------------------------------------------------

/// Body of PUT /v1/persons/{id}. `id` in the body is allowed when it is the path's.
result<person_profile> parse_profile(std::string_view body, std::string_view path_id);

/// Body of PUT /v1/persons/{id}/devices/{device}; the result has the path's id. `id` in the body is allowed when it is
/// the path's; `registeredAt` and `tokens` are answers only and unknown here.
result<device> parse_device(std::string_view body, std::string_view path_id);

/// What PUT /v1/persons/{id}/pause takes.
struct pause_input {
  pause_mode mode = pause_mode::off;
  /// Only with mode ON, and after `now`.
  std::optional<millis> until;
};

result<pause_input> parse_pause(std::string_view body, millis now);

/// The longest life of an auto-pause reason, about 31 years.
constexpr std::int64_t timeout_seconds_max = 1'000'000'000;

/// What PUT /v1/persons/{id}/pause/reasons/{sourceId} takes. `sourceId` in the body is allowed when it is the path's.
struct pause_reason_input {
  /// Empty: not given.
  std::string display_name;
  /// 1 to `timeout_seconds_max`.
  std::int64_t timeout_seconds = 0;
};

/// Checks the path's sourceId too (1 to 36 characters, not beginning with `session:` or `call:`): pointer `/sourceId`.
result<pause_reason_input> parse_pause_reason(std::string_view body, std::string_view path_source_id);

// -- webhooks -----------------------------------------------------------------

enum class webhook_method : std::uint8_t { post, put };

/// Body of POST /v1/webhooks or PUT /v1/webhooks/{id} (which must have `version`). What the server made ($_type, id,
/// accountId, creationTimestamp, modificationTimestamp) is ignored. Status INACTIVE_UNAVAILABLE is taken as it is,
/// since GET returns it. Whether the endpoint's address is allowed is not looked at here (it depends on `outbound.*`).
result<webhook_input> parse_webhook_input(std::string_view body, webhook_method method);

// -- web push -----------------------------------------------------------------

/// Body of POST /v1/persons/{id}/web-push-subscriptions; whether a push could be sent there is not looked at here.
result<subscription_input> parse_subscription(std::string_view body);

// -- answers ------------------------------------------------------------------
// UTF-8 without line breaks; absent values are left out. What is not UTF-8 is replaced by U+FFFD.

/// GET /v1/persons/{id}: what PUT takes, and the id.
std::string to_json(const person& x);

/// Without tokens and key; with `registeredAt` and `"tokens": ["push", "pushKit"]`.
std::string to_json(const device& x);
/// `{"items": [...]}`.
std::string to_json(const std::vector<device>& xs);

/// `{"id", "secret"}`.
std::string to_json(const new_subscription& x);
/// `{"items": [...]}`, never with keys or secrets.
std::string to_json(const std::vector<subscription_view>& xs);
/// One message of the live socket.
std::string to_json(const page_message& x);

std::string to_json(const pause_view& x);
std::string to_json(const pause_reason& x);

/// `read` sees an endpoint without its query (SPEC 16).
enum class endpoint_shown : std::uint8_t { whole, without_query };

/// A registration, never with a secret.
std::string to_json(const webhook& x, std::string_view account, endpoint_shown shown);
/// `{"items": [...]}`.
std::string to_json(const std::vector<webhook>& xs, std::string_view account, endpoint_shown shown);

/// The body of a 202: `{"accepted", "duplicates", "refused"?: [{pointer, detail, reason}]}`.
std::string to_json(const admission& x, bool batch);

std::string to_json(const conversation_view& x);
std::string to_json(const count_view& x);
std::string to_json(const suppression_view& x);
std::string to_json(const trace_item& x);
/// `{"items": [...], "cursor"?}`; the cursor is `next` in decimal digits.
std::string to_json(const trace_page& x);

/// One server-sent event of /v1/stream.
struct stream_event {
  /// "notification", "call_timeout", "pause" or "address_gone".
  std::string name;
  /// JSON on one line.
  std::string data;
};

stream_event to_stream_event(const report& x);

/// The reason phrase of a status that our API answers with (RFC 9110).
std::string_view status_phrase(int status);

/// An `application/problem+json` document (RFC 9457).
struct problem_document {
  /// Becomes `urn:belfry:<code>`.
  std::string code{};
  int status = 500;
  /// Empty: the reason phrase of the status.
  std::string title{};
  std::string detail{};
  std::vector<problem> errors{};
  /// `errors` of a 409 in which nothing was accepted: with the reasons; pointers with their place when `batch`.
  std::vector<refused_event> refused{};
  bool batch = false;
};

std::string to_json(const problem_document& x);

} // namespace belfry

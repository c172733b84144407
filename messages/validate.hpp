#pragma once

#include "belfry/messages/error.hpp"
#include "belfry/messages/events.hpp"
#include "belfry/messages/views.hpp"
#include "belfry/messages/web_push.hpp"

#include <cstddef>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// The rules for values of SPEC 2, shared by what reads JSON and by embedders' structs. Functions `wrong_*` answer with
/// a sentence that names what is allowed, or with nothing when all is well.
namespace belfry {

/// Characters of an id.
constexpr std::size_t id_max = 128;
/// Bytes of UTF-8 of a text.
constexpr std::size_t text_max = 64 * 1024;
/// The largest integer that every JSON implementation keeps: 2^53 - 1.
constexpr std::int64_t millis_max = 9'007'199'254'740'991;

// Sentences used by both readers.
constexpr std::string_view unknown_field = "is not a known field here";
constexpr std::string_view twice_in_participants = "appears twice in the list";
constexpr std::string_view no_recipients = "must not be empty";
constexpr std::string_view agent_or_team = "exactly one of agent and team must be given";
constexpr std::string_view not_utf8 = "must be valid UTF-8";
constexpr std::string_view has_controls = "must not contain control characters";
constexpr std::string_view one_of_person_types = "must be AGENT, VISITOR, BOT or SYSTEM";
constexpr std::string_view one_of_platforms = "must be ANDROID or IOS";
constexpr std::string_view one_of_environments = "must be PRODUCTION or SANDBOX";
constexpr std::string_view one_of_message_versions = "must be NOT_ENCRYPTED, ENCRYPTED or ENCRYPTED_SERVICE";
constexpr std::string_view one_of_pause_modes = "must be ON, OFF or AUTO";
constexpr std::string_view one_of_webhook_statuses = "must be ACTIVE, INACTIVE or INACTIVE_UNAVAILABLE";
constexpr std::string_view only_with_on = "is allowed only with mode ON";
constexpr std::string_view needs_encryption_key = "is missing (this messageVersion needs it)";
constexpr std::string_view one_page_of_trace = "must be a whole number from 1 to 500";
constexpr std::string_view seconds_of_reason = "must be an integer, 1 to 1000000000";

/// What one pass over a text finds.
struct text_facts {
  bool utf8 = true;
  /// Code points; meaningful when `utf8`.
  std::size_t characters = 0;
  /// C0, DEL or C1.
  bool control = false;
};

text_facts scan(std::string_view x);

/// `low` to `high` characters, without control characters unless `controls`; `rule` is what is said of another length.
std::string_view wrong_length(std::string_view x, std::size_t low, std::size_t high, std::string_view rule,
                              bool controls = false);
/// 1 to 128 characters without control characters.
std::string_view wrong_id(std::string_view x);
/// Valid UTF-8 of at most 64 KiB.
std::string_view wrong_text(std::string_view x);
/// 0 to 2^53 - 1.
std::string_view wrong_millis(std::int64_t x);
/// BCP 47 syntax ("en", "de-CH", "zh-Hant-TW").
std::string_view wrong_locale(std::string_view x);
/// http or https with a host and without credentials.
std::string_view wrong_endpoint(const std::string& x);
/// A value of the platform's EInitialEngagementType (SPEC 5).
std::string_view wrong_engagement_type(std::string_view x);
/// base64url of 32 bytes.
std::string_view wrong_key(std::string_view x);

/// 1 to 500 characters without control characters.
std::string_view wrong_name(std::string_view x);
/// A name with one @ inside.
std::string_view wrong_email(std::string_view x);
/// A device token: 1 to 4096 characters without control characters.
std::string_view wrong_token(std::string_view x);
/// The endpoint, and each of the two keys, of a push subscription: of a known size; whether they can be used is looked
/// at by the channel.
std::string_view wrong_push_endpoint(std::string_view x);
std::string_view wrong_push_key(std::string_view x);
/// 1 to 36 characters without control characters, and not what built-in reasons begin with.
std::string_view wrong_source_id(std::string_view x);

/// A member of a JSON object and what is wrong with it.
struct member_problem {
  std::string_view member;
  std::string_view detail;
};

/// Which tokens a device of this platform lacks or must not have (SPEC 10).
std::vector<member_problem> wrong_tokens(device_platform platform, bool push, bool push_kit);

/// One segment of a JSON pointer, escaped (RFC 6901): "/" before it, "~0" and "~1" inside.
void append_segment(std::string& pointer, std::string_view segment);

// The same checks for what comes as a struct: values of enumerations, too, are among the known ones. Pointers as if it
// had come as JSON; at most `problems_max` problems. Empty: all is well.

/// Pointers behind `/<index>` when `batch`.
std::vector<problem> validate(const event& x, std::size_t index, bool batch);
/// Bytes of all texts of a profile together: no JSON of a person may be larger.
constexpr std::size_t profile_max = 1024 * 1024;
std::vector<problem> validate(const person_profile& x);
/// All but what the engine sets.
std::vector<problem> validate(const device& x);
std::vector<problem> validate(const subscription_input& x);
/// Entries of a page of the trace.
constexpr std::size_t trace_limit_max = 500;
std::vector<problem> validate(const trace_query& x);
/// Whether `until` is yet to come, the person's clock says.
std::vector<problem> validate_pause(pause_mode mode, const std::optional<millis>& until);
std::vector<problem> validate_pause_reason(std::string_view source, std::string_view display_name,
                                           std::int64_t timeout_seconds);

/// An id that is an argument, and what a pointer calls it.
struct named_id {
  std::string_view pointer;
  std::string_view id;
};
std::vector<problem> validate_ids(std::initializer_list<named_id> ids);

} // namespace belfry

#pragma once

#include "belfry/messages/error.hpp"
#include "belfry/messages/events.hpp"

#include <cstddef>
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

/// What one pass over a text finds.
struct text_facts {
  bool utf8 = true;
  /// Code points; meaningful when `utf8`.
  std::size_t characters = 0;
  /// C0, DEL or C1.
  bool control = false;
};

text_facts scan(std::string_view x);

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

/// One segment of a JSON pointer, escaped (RFC 6901): "/" before it, "~0" and "~1" inside.
void append_segment(std::string& pointer, std::string_view segment);

/// The checks of SPEC 2 for an event that comes as a struct; pointers as if it had come as JSON, behind `/<index>` when
/// `batch`. Empty: all is well.
std::vector<problem> validate(const event& x, std::size_t index, bool batch);

} // namespace belfry

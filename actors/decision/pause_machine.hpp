#pragma once

#include "belfry/messages/binary.hpp"
#include "belfry/messages/delivery.hpp"
#include "belfry/messages/error.hpp"
#include "belfry/messages/facts.hpp"
#include "belfry/messages/people.hpp"

#include <map>
#include <optional>
#include <string>
#include <utility>

/// Pausing of an agent (SPEC 6): a value, and one function per event.
namespace belfry {

/// Reasons from outside that one person may have at once; a further one is refused (overloaded).
constexpr std::size_t pause_reasons_max = 1'000;
/// Sessions and calls that are kept of one person; a further one is counted and left out.
constexpr std::size_t pause_causes_max = 10'000;
/// Characters of an outside reason's source id.
constexpr std::size_t pause_source_id_max = 36;
/// Characters of an outside reason's display name.
constexpr std::size_t pause_display_name_max = 256;

/// bad_input unless `type` is AGENT.
result<success> check_pausable(person_type type);
/// bad_input at /until: with ON only, and later than `now`.
result<success> check_pause_mode(pause_mode mode, std::optional<millis> until, engine_time now);
/// bad_input at /sourceId, /displayName or /timeoutSeconds, all of them at once.
result<success> check_pause_reason(const std::string& source_id, const std::string& display_name,
                                   std::int64_t timeout_seconds);
/// bad_input at /sourceId: length, control characters, and the prefixes of built-in reasons.
result<success> check_pause_source(const std::string& source_id);

///             ON (remembers the former mode)
///   OFF, AUTO ------------------------------> ON --+
///       ^                                     | ^  | ON again (keeps the former mode, replaces the end)
///       |   OFF, AUTO; the end: former mode   | +--+
///       +-------------------------------------+
///
/// State: mode ON -> ON, OFF -> OFF, AUTO -> ON while a reason is active. What lies at or before `now` is over, also
/// before `tick` has forgotten it.
class pause_machine {
public:
  /// `initial` (pause.initialMode) is the mode until one is set. Where it is ON, an ON with an end falls back to OFF.
  explicit pause_machine(pause_mode initial = pause_mode::off) : mode_(initial) {}

  /// Sets the mode, or says what is wrong (see `check_pause_mode`).
  result<success> set_mode(pause_mode mode, std::optional<millis> until, engine_time now);

  /// Sets or replaces a reason from outside. True: it is new. An empty display name is absent; a time-out that leads
  /// beyond 2^53 - 1 ms ends there.
  result<bool> set_reason(const std::string& source_id, const std::string& display_name, std::int64_t timeout_seconds,
                          engine_time now);
  /// False: there was none. bad_input for ids that cannot be set from outside.
  result<bool> remove_reason(const std::string& source_id, engine_time now);

  /// Session ids are unique within their conversation only. `kind` is shown as the display name.
  void session_started(const conversation_id& conversation, const session_id& session, const std::string& kind);
  void session_ended(const conversation_id& conversation, const session_id& session);
  /// The person became ACTIVE in a call, or ceased to be.
  void call_began(const conversation_id& conversation, const call_id& call);
  void call_ended(const conversation_id& conversation, const call_id& call);
  /// The conversation ended or the person left it: its sessions and calls are over.
  void conversation_left(const conversation_id& conversation);

  /// Forgets what is over; true when something was.
  bool tick(engine_time now);
  /// When something is over next; absent: never.
  std::optional<engine_time> next_deadline() const;

  /// The pause state.
  bool on(engine_time now) const;
  /// Reasons ascend by source id; one that two conversations give under the same id is listed once.
  pause_view view(engine_time now) const;
  /// A delivery is not to be attempted: ON holds back mobile and web push. Silent kinds pass when what they take back
  /// had left (`counterpart_left`).
  bool suppresses(kind k, channel_kind channel, bool counterpart_left, engine_time now) const;
  /// Sessions and calls left out because there were too many (not stored).
  std::uint64_t left_out() const { return left_out_; }

  void encode(binary_writer& out) const;
  /// False (and nothing changed) when the row is damaged or of another version. An initial mode given before stays
  /// where the row says that no mode was ever set.
  bool decode(binary_reader& in);

private:
  struct outside_reason {
    std::string display_name;
    engine_time expires = 0;
  };
  /// Source id (`session:<id>`, `call:<id>`) and conversation.
  using cause = std::pair<std::string, conversation_id>;

  bool ended(engine_time now) const { return until_ && *until_ <= now; }
  pause_mode mode_at(engine_time now) const { return ended(now) ? former_ : mode_; }
  bool has_reason(engine_time now) const;
  void begin(std::string source, const conversation_id& conversation, std::string display_name);
  bool consistent() const;

  pause_mode mode_ = pause_mode::off;
  /// Somebody set the mode: the configured initial one no longer counts.
  bool set_ = false;
  /// Never ON; counts while mode is ON.
  pause_mode former_ = pause_mode::off;
  /// Only with mode ON.
  std::optional<engine_time> until_;
  std::map<std::string, outside_reason> reasons_;
  /// Value: display name.
  std::map<cause, std::string> causes_;
  std::uint64_t left_out_ = 0;
};

} // namespace belfry

#pragma once

#include "belfry/config/options.hpp"
#include "belfry/messages/address_note.hpp"
#include "belfry/messages/delivery.hpp"
#include "belfry/messages/error.hpp"
#include "belfry/messages/notification.hpp"
#include "belfry/messages/outcome.hpp"
#include "belfry/messages/people.hpp"
#include "belfry/messages/web_push.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

/// What the engine sees of a way to deliver. A channel is a room of io/ that implements `io::channel`, and one line in
/// engine.cpp; nothing else names it.
namespace belfry::io {

/// The wait after a failed attempt (retry.hpp); times in milliseconds. first <= max, factor >= 1, jitter 0 to 1.
struct retry_schedule {
  millis first = 5'000;
  double factor = 3;
  millis max = 36'000'000;
  double jitter = 0.2;
};

/// What was refused for who we are (credentials, a sign-in, a key) is tried again after so long (SPEC 12, Alarm), in
/// milliseconds: 5 minutes.
constexpr millis probe_interval = 5LL * 60 * 1000;

/// What a channel asks of its lanes.
struct channel_policy {
  /// new_message waits so long here, in milliseconds, so that reading it meanwhile spares it.
  millis delay = 0;
  retry_schedule retry = {};
};

/// A person as channels see them when they look for addresses; valid during the call.
struct addressee {
  const person_id& id;
  /// nullptr: no profile is stored.
  const person_profile* profile;
  const std::vector<device>& devices;
  const std::vector<address_note>& notes;
  /// Wall time.
  millis now;
  std::span<const web_push_subscription> subscriptions = {};
};

/// One address of a person.
struct endpoint {
  /// As `delivery::target`: a registration, a device, "email".
  std::string target;
  /// What shares a fate: the deliveries of one lane share a breaker, a retry budget, and slots. Empty: the target has a
  /// lane of its own.
  std::string lane = {};

  bool operator==(const endpoint&) const = default;
};

/// One attempt of one delivery.
struct attempt_input {
  /// Its text is what goes out (edited, if it was in time), its people are those that are known.
  notification what;
  /// `tries` were made before.
  delivery which;
  person recipient;
  std::vector<device> devices;
  std::vector<address_note> notes;
  std::vector<web_push_subscription> subscriptions = {};
  /// What the recipient has not read in the conversation, for kinds whose content does not say it.
  std::uint32_t conversation_count = 0;
  /// The last attempt was swallowed by a connection kept from before: use a new one.
  bool fresh_connection = false;
  /// Wall time.
  millis now = 0;
};

/// What an answer says of the address itself; its owner, the person, keeps it.
struct address_news {
  enum class verdict : std::uint8_t {
    nothing,
    /// The provider took what was sent there, for the first time.
    proven,
    /// It is dead: the token, or the subscription, is removed if it was stored before `since`, and the host is told.
    gone,
    /// A subscription was made for another key than ours: nothing is sent there until it is made anew.
    renewing,
    /// Nothing is sent there for as long as `lasts`.
    suppressed,
  };

  verdict what = verdict::nothing;
  /// Which value of the target was used: a note's `value`, the key of a token or a subscription.
  std::string value = {};
  /// Of `suppressed`: a known code, for the API.
  std::string code = {};
  /// Of `gone`: what was stored from then on is another address.
  millis since = 0;
  /// Of `suppressed`, in milliseconds from when it is noted.
  millis lasts = 0;
};

/// What came of an attempt.
struct attempt_result {
  enum class verdict : std::uint8_t {
    /// It was made; `answer` says what the provider said.
    made,
    /// It was not made, counts none, and is made when `wait` is over (a token is being renewed, a project holds).
    postponed,
    /// It cannot be made and never will, because of `answer.why`: the delivery ends as cancelled.
    impossible,
    /// The engine is stopping: it counts as not answered and is repeated after the restart.
    interrupted,
  };

  verdict how = verdict::made;
  /// What becomes of the delivery.
  outcome answer;
  /// How long the provider took, in milliseconds.
  millis duration = 0;
  /// The provider's id of what it took, if it gives one.
  std::string message_id = {};
  /// Requests before the last one, oldest first; of `postponed` all of them: a payload that was too big, a token that
  /// was renewed, a broken connection. The trace shows them as attempts.
  std::vector<belfry::attempt> earlier = {};
  /// Of `postponed`: milliseconds from now.
  millis wait = 0;
  /// The whole lane rests so long, in milliseconds, calls included (quota, refused credentials); 0: it goes on. After
  /// what was `postponed` one delivery goes first, to see whether others may.
  millis hold = 0;
  /// Not empty: an alarm of this reason is raised (PROTOCOLS); `subject` names the app, host, or registration.
  std::string alarm;
  std::string subject;
  address_news address = {};
};

/// A way to deliver. All functions may be called on any thread at any time, the const ones are pure but for what the
/// channel publishes itself (registrations).
class channel {
public:
  virtual ~channel() = default;

  virtual channel_kind kind() const = 0;
  virtual channel_policy policy() const = 0;
  /// Whether anybody could have an address that takes this kind. While no channel takes new_message, a message that
  /// falls due is kept as `no_address` and makes no notification; conversations do not ask for any other kind.
  virtual bool takes(belfry::kind k) const = 0;
  /// Every address that takes this kind, in a stable order.
  virtual std::vector<endpoint> endpoints(const addressee& who, belfry::kind k) const = 0;
  /// none: an attempt may be made there now; else why not.
  virtual reason usable(const std::string& target, const addressee& who, belfry::kind k) const = 0;
  /// Makes an attempt. `done` is called exactly once, on any thread, and must not block; this function must not block
  /// either. When the channel is destroyed, what is under way ends as `interrupted`.
  virtual void attempt(attempt_input in, std::function<void(attempt_result)> done) = 0;
  /// The configuration was read again: takes the secrets and certificates that changed, and nothing else. What is under
  /// way goes on. Whether there were any; ec::bad_input: some cannot be used, and all stays as it was.
  virtual result<bool> reload(const options&) { return false; }
};

} // namespace belfry::io

#pragma once

#include "belfry/config/options.hpp"
#include "belfry/messages/binary.hpp"
#include "belfry/messages/facts.hpp"

/// The unread count and the wait of one participant: a value, and the fold of facts into it (SPEC 3).
namespace belfry {

/// Delays of SPEC 3, in milliseconds.
struct wait_rules {
  engine_time delay = 1000;
  engine_time delay_when_open = 10000;
  /// Cap of the total wait of a burst; 0: none.
  engine_time max_wait = 0;

  explicit wait_rules(const push_options& o)
      : delay(o.debounce_delay.count()),
        delay_when_open(o.debounce_delay_when_in_conversation.count()),
        max_wait(o.debounce_max_wait.count()) {}
  wait_rules() = default;
};

///          message qualifies                wait ends: announce
///   quiet ------------------> waiting ------------------------> told
///     ^                        |   ^                             |
///     |   all read or deleted  |   | message qualifies           | unread falls to 0:
///     +------------------------+   +-----------------------------+ a read_message is owed
struct inbox {
  /// Facts up to here are folded in.
  position seen = 0;
  /// Everything up to here is read.
  position read = 0;
  /// Unread qualifying messages.
  std::uint32_t unread = 0;
  /// A new_message was announced since the count was last 0.
  bool told = false;
  /// The message that the running wait will announce; 0: no wait.
  position pending = 0;
  /// The newest announced message.
  position notified = 0;
  /// The fact that made the count 0 after something was announced; 0: no read_message is owed.
  position owed = 0;
  /// When the running wait ends and when it began.
  engine_time due = 0;
  engine_time began = 0;

  bool operator==(const inbox&) const = default;

  /// Nothing unread, no wait, nothing owed: nobody needs to live for it.
  bool quiet() const { return unread == 0 && pending == 0 && owed == 0; }
  /// The wait is over.
  bool due_at(engine_time now) const { return pending != 0 && due <= now; }
};

/// Folds one fact into the record of `self`; facts that were seen are skipped.
void fold(inbox& box, slot self, const fact& f, const wait_rules& rules);

/// The wait ended: `message` was announced (`sent`), or a rule kept it back (not `sent`).
void fold_announced(inbox& box, position message, bool sent);

void encode(binary_writer& out, const inbox& box);
void decode(binary_reader& in, inbox& box);

} // namespace belfry

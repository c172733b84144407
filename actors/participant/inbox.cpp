#include "belfry/actors/participant/inbox.hpp"

#include <algorithm>

namespace belfry {

namespace {

void stop_wait(inbox& box) {
  box.pending = 0;
  box.due = 0;
  box.began = 0;
}

/// SPEC 3, Read: one read_message is owed when the count falls to 0 after a new_message was announced.
void owe_if_empty(inbox& box, position cause) {
  if (box.unread == 0 && box.told) {
    box.told = false;
    box.owed = cause;
  }
}

/// SPEC 3, When: every further qualifying message replaces the pending one and restarts the wait with the delay that
/// applies to it; `push.debounceMaxWait` caps the wait of the whole burst, counted from its first message.
void fold_message(inbox& box, slot self, const fact& f, const wait_rules& rules) {
  if (!f.recipients.contains(self))
    return;
  ++box.unread;
  if (box.pending == 0)
    box.began = f.time;
  box.pending = f.at;
  box.due = f.time + (f.open.contains(self) ? rules.delay_when_open : rules.delay);
  if (rules.max_wait > 0)
    box.due = std::min(box.due, box.began + rules.max_wait);
}

/// SPEC 2, message.read: reading is cumulative. The wait ends if the message that it would announce has been read.
void fold_read(inbox& box, slot self, const fact& f) {
  if (f.reader != self)
    return;
  box.read = std::max(box.read, f.read_to);
  box.unread = f.unread;
  if (box.pending <= f.read_to)
    stop_wait(box);
  owe_if_empty(box, f.at);
}

/// SPEC 2, message.deleted: the message counts as read by everybody. If the running wait would have announced it, the
/// replacement that was chosen at the deletion takes its place and the wait keeps its end; without one the wait ends.
void fold_gone(inbox& box, slot self, const fact& f) {
  if (!f.recipients.contains(self) || box.unread == 0)
    return;
  --box.unread;
  if (box.pending == f.message) {
    auto i = std::lower_bound(f.replacements.begin(), f.replacements.end(), self,
                              [](const auto& r, slot who) { return r.first < who; });
    if (i != f.replacements.end() && i->first == self && i->second != 0)
      box.pending = i->second;
    else
      stop_wait(box);
  }
  owe_if_empty(box, f.at);
}

} // namespace

void fold(inbox& box, slot self, const fact& f, const wait_rules& rules) {
  if (f.at <= box.seen)
    return;
  box.seen = f.at;
  switch (f.type) {
  case fact::what::message:
    fold_message(box, self, f, rules);
    break;
  case fact::what::read:
    fold_read(box, self, f);
    break;
  case fact::what::deleted:
  case fact::what::forgotten:
    fold_gone(box, self, f);
    break;
  }
}

void fold_announced(inbox& box, position message, bool sent) {
  if (box.pending != message)
    return;
  stop_wait(box);
  box.notified = message;
  box.told = box.told || sent;
}

void encode(binary_writer& out, const inbox& box) {
  for (auto x : {box.seen, box.read, std::uint64_t{box.unread}, box.pending, box.notified, box.owed})
    out.number(x);
  out.flag(box.told);
  out.signed_number(box.due);
  out.signed_number(box.began);
}

void decode(binary_reader& in, inbox& box) {
  box.seen = in.number();
  box.read = in.number();
  box.unread = static_cast<std::uint32_t>(in.number());
  box.pending = in.number();
  box.notified = in.number();
  box.owed = in.number();
  box.told = in.flag();
  box.due = in.signed_number();
  box.began = in.signed_number();
}

} // namespace belfry

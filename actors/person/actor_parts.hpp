#pragma once

#include "belfry/actors/person/person.hpp"

#include <functional>
#include <string>
#include <vector>

/// The parts of the person's actor: one function per command, and what they share. The commands are in files by
/// concern, `actor_<concern>.cpp`; only these and the actor itself include this.
namespace belfry::person_parts {

using pointer = person_actor::stateful_pointer<person_state>;

// -- effects ------------------------------------------------------------------

/// Arms the alarm for what is to happen next by itself, if that is earlier than what is armed.
void arm_alarm(pointer self);
/// Does what the rules decided: sends at once what may leave, writes the changes together with `c`.
void carry_out(pointer self, person_effects fx, commit c = {});
/// The same for what is found out again after a crash: unless something waits for it, the write is deferred.
void carry_out_deferred(pointer self, person_effects fx, commit c = {});
/// Answers whoever asked: at once, or (for `commit::answers`) when it is on disk.
template <class T>
void reply(pointer self, ticket<T> to, std::type_identity_t<result<T>> what) {
  self->state.shared->answer(to, std::move(what));
}
template <class T>
std::function<void(bool)> answer_when_written(pointer self, ticket<T> to, std::type_identity_t<T> value) {
  return self->state.shared->answer_when_written(to, std::move(value));
}
/// Stores the person's row; `answer` is called when it is on disk.
void save_row(pointer self, std::function<void(bool)> answer);

// -- counts -------------------------------------------------------------------

/// Some other conversation has to be asked before the notification can say the person-wide count.
bool counts_missing(pointer self, const notification& n);
/// Asks whom it must; `process_pending` goes on when all have answered.
void start_round(pointer self);
/// Puts the person-wide count into the notification.
void complete(pointer self, notification& n);
/// Said in the order of what happened, unlike the answers of a round.
void set_count(pointer self, const conversation_id& c, std::uint32_t unread);
/// The person is erased.
void forget_counts(pointer self);
void on_command(pointer self, get_count& q);
void on_command(pointer self, counted& c);
void on_command(pointer self, asked_awake& a);
/// Goes on with what is known when some did not answer in time.
void give_up_round(pointer self);

// -- updates ------------------------------------------------------------------

void on_command(pointer self, update_person& m);
/// What is about messages waits its turn; calls and requests pass it, those of a former life as well, so that they keep
/// their order among each other.
void enqueue_or_apply(pointer self, person_update update);
/// Applies what waits for counts, in order, when they are there.
void process_pending(pointer self);
/// Being loaded is all: what was told before the restart was read with the person.
void on_command(pointer self, resume&);

// -- attempts -----------------------------------------------------------------

void on_command(pointer self, request_permit& q);
void on_command(pointer self, attempted& a);
void on_command(pointer self, unpark& u);

/// What the provider said of an address is kept, with `c`; the host is told of those that died.
void note_address(pointer self, channel_kind channel, const std::string& target, const io::address_news& news,
                  commit& c);
/// Those named in a notification whose profiles are at hand.
std::vector<person> people_in(pointer self, const notification& n);
/// So that they are known when its deliveries are to be permitted.
void prefetch_profiles(pointer self, const notification& n);

// -- profile ------------------------------------------------------------------

error unknown_person();
void on_command(pointer self, put_profile& p);
void on_command(pointer self, get_profile& q);
/// Asks the disk which conversations are to be left: it knows also those whose word is still on its way.
void on_command(pointer self, erase_person& o);
/// Leaves every conversation, then erases what is stored.
void on_command(pointer self, erase_from& o);
void on_command(pointer self, person_left& l);
void on_command(pointer self, erasure_done&);

// -- devices ------------------------------------------------------------------

/// Stores the person's row, and what it claims, together with `c`.
void save_devices(pointer self, commit c = {});
/// Stores them; `h` is answered when they are on disk and nobody else has one of `tokens` any more. `number`: of this
/// claim.
void hand_over(pointer self, std::uint64_t number, std::vector<std::string> tokens, handover h);
/// Somebody has not said yet that a token of the person's is dropped.
bool handing_over(pointer self);
void on_command(pointer self, put_device& p);
void on_command(pointer self, drop_token& d);
void on_command(pointer self, claims_found& f);
void on_command(pointer self, token_dropped& d);
void on_command(pointer self, get_devices& q);
void on_command(pointer self, delete_device& o);

// -- pause --------------------------------------------------------------------

/// Tells those who watch when the pause state is not what it was; arms the alarm.
void after_pause(pointer self, const pause_view& before);
void on_alarm(pointer self);
/// What the person does in a conversation may pause it.
void apply_activity(pointer self, const activity& a, person_effects& fx);
void on_command(pointer self, get_notes& q);
void on_command(pointer self, put_note& p);
void on_command(pointer self, erase_notes& o);
void on_command(pointer self, get_pause& q);
void on_command(pointer self, put_pause& p);
void on_command(pointer self, put_pause_reason& p);
void on_command(pointer self, delete_pause_reason& p);

// -- web push -----------------------------------------------------------------

/// Begins the health checks that are due, and ends those that nobody reported.
void run_health_checks(pointer self);
/// When that must happen next.
std::optional<engine_time> next_health_check(pointer self);
/// Tells open pages what to show, or to take back.
void show_in_pages(pointer self, const notification& n);
void on_command(pointer self, put_subscription& p);
void on_command(pointer self, get_subscriptions& q);
void on_command(pointer self, delete_subscription& o);
void on_command(pointer self, report_check& r);
void on_command(pointer self, check_sent& r);
void on_command(pointer self, open_page& p);
void on_command(pointer self, close_page& p);

} // namespace belfry::person_parts

#pragma once

#include "belfry/messages/delivery.hpp"
#include "belfry/messages/error.hpp"
#include "belfry/messages/outcome.hpp"
#include "belfry/messages/views.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

/// What actors see of the outside world: store, transport, clock. Everything here is plain data and interfaces;
/// the implementations live in the rooms of io/.
namespace belfry::io {

// -- clock --------------------------------------------------------------------

/// What the clocks of the machine show at one moment.
struct clock_reading {
  /// Names the boot; empty: unknown, as if each process had a boot of its own.
  std::string boot;
  /// Since that boot, the time asleep included.
  millis since_boot = 0;
  millis wall = 0;
};

/// Wall time for time stamps. Waits and deadlines use the actor system's monotonic clock.
class wall_clock {
public:
  virtual ~wall_clock() = default;
  virtual millis now() const = 0;
  /// All clocks, for what must outlive the process.
  virtual clock_reading read() const { return {{}, 0, now()}; }
};

// -- store --------------------------------------------------------------------

/// Something that happened to a conversation since its row was written: appended, never changed. Erased when a
/// newer `conversation_row` of the same key is committed.
struct journal_entry {
  std::int64_t conversation = 0;
  std::string blob;
};

/// What a member has not read.
struct unread_messages {
  person_id person;
  std::uint32_t count = 0;
};

/// One piece of a large conversation's state, which changes by itself. Empty blob: there is no such part any more.
struct row_part {
  std::int64_t number = 0;
  std::string blob;
};

/// The whole of a conversation. Replaces the former row and all journal entries that precede it.
struct conversation_row {
  /// From `store::new_conversation_key`, the same for the whole life of a conversation.
  std::int64_t key = 0;
  conversation_id id;
  /// When a sleeping conversation must be woken; 0: never.
  millis due = 0;
  /// When it ended; 0: it goes on.
  millis ended_at = 0;
  std::string blob;
  /// Whoever is not named has read everything. Nothing: not known.
  std::optional<std::vector<unread_messages>> unread = std::nullopt;
  /// Those that changed; the others stay.
  std::vector<row_part> parts = {};
};

/// Person takes part (or no longer takes part) in a conversation.
struct membership {
  person_id person;
  std::int64_t conversation = 0;
  bool member = true;
};

/// A person has this device token, unless another one claims it with a higher number.
struct token_claim {
  /// From `derive_token_key`.
  std::string token;
  std::uint64_t number = 0;
};

/// Profile, devices and pause state of a person.
struct person_row {
  belfry::person_id id;
  bool bot = false;
  std::string blob;
  /// All that the person claims from now on; nothing: what it claimed before.
  std::optional<std::vector<token_claim>> tokens = std::nullopt;
  /// Something about the person ends at a time: a restart must load it.
  bool timed = false;
};

/// What a conversation told a person and the person has not applied yet (upsert by seq). Empty blob: it has.
struct update_row {
  /// From `store::new_notification_seq`.
  std::uint64_t seq = 0;
  belfry::person_id person;
  std::string blob;
};

/// Erases the person's row, claims, mail, shown rows, parked deliveries and notifications (as recipient). Memberships
/// stay: each conversation ends its own.
struct person_removed {
  belfry::person_id id;
};

/// One client of one person: online, and what it has open. Empty blob: removed.
struct presence_row {
  person_id person;
  std::string client;
  std::string blob;
};

/// All presence rows go.
struct presence_cleared {};

/// Where notifications of one group are shown to a person in one conversation, so that they can be taken back.
/// Empty blob: nothing is shown any more.
struct shown_row {
  person_id person;
  conversation_id conversation;
  belfry::group group = group::messages;
  std::string blob;
};

/// A notification with its deliveries; written when born and at every change (upsert by seq). `id` is unique.
struct notification_row {
  std::uint64_t seq = 0;
  notification_id id;
  person_id person;
  conversation_id conversation;
  /// Message or call or invitation id; what `message=` filters on for message kinds.
  std::string subject;
  belfry::kind kind = belfry::kind::new_message;
  trace_state state = trace_state::queued;
  millis created_at = 0;
  std::string blob;
  /// Deliveries that are not final. `store::unfinished` leaves the notification out when that many (and at least one)
  /// are parked.
  std::uint32_t open_deliveries = 0;
  /// A hint: it is the first row of this notification.
  bool fresh = false;
};

/// A delivery that found no room in its lane, or whose next attempt is far away: it waits here (upsert by id).
struct parked_delivery {
  notification_id delivery;
  /// The name of its lane (`lane_of` in actors/person/address.hpp), for example "WEBHOOK/<registration>".
  std::string lane;
  person_id person;
  std::uint64_t notification_seq = 0;
  /// Not before this time; 0: as soon as there is room.
  millis due = 0;
  /// Calls are fetched first.
  bool call = false;
};

struct parked_removed {
  notification_id delivery;
};

/// A webhook registration. Empty blob: removed.
struct webhook_row {
  webhook_id id;
  std::string blob;
};

/// Fingerprint of an accepted event id (space 0) or of a message, call or invitation id (space 1).
struct known_id {
  std::uint64_t fingerprint = 0;
  std::uint8_t space = 0;
};

/// Small named values of the engine's own (e.g. "owner of the unsubscribe key").
struct setting {
  std::string name;
  std::string value;
};

using change = std::variant<journal_entry, conversation_row, membership, person_row, update_row, person_removed,
                            presence_row, presence_cleared, shown_row, notification_row, parked_delivery,
                            parked_removed, webhook_row, known_id, setting>;

/// What one step of one entity changes: all of it or nothing is on disk. Every change states the new value (upsert),
/// so that a unit may be written again.
struct unit {
  std::vector<change> changes;
};

/// A conversation as it is on disk: the row, then the entries that came after it, oldest first.
struct stored_conversation {
  std::int64_t key = 0;
  conversation_id id;
  std::string blob;
  std::vector<std::string> entries;
  /// By their number.
  std::map<std::int64_t, std::string> parts = {};
};

/// A conversation that a person takes part in.
struct stored_membership {
  conversation_id id;
  /// Messages that the person has not read; nothing: only the conversation knows, whose row is older than what
  /// happened.
  std::optional<std::uint32_t> unread;
};

/// A person as it is on disk. `blob` is empty when no profile was ever stored.
struct stored_person {
  std::string blob;
  std::vector<stored_membership> conversations;
  std::vector<shown_row> shown;
  /// Rows that are not final, oldest first.
  std::vector<notification_row> unfinished;
  /// Of the tokens that the person claims, those that another one claims with a higher number.
  std::vector<std::string> lost_tokens;
  /// Not applied yet, oldest first.
  std::vector<update_row> updates = {};
};

/// Who claims a token.
struct claimant {
  person_id person;
  std::uint64_t number = 0;
};

struct due_conversation {
  conversation_id id;
  millis due = 0;
};

/// Where a person has something unfinished.
struct unfinished_notification {
  std::uint64_t seq = 0;
  person_id person;
};

/// Notifications of one page of the trace.
struct notification_page {
  std::vector<notification_row> rows;
  /// Older ones may match: ask for those before this seq; 0: there are none.
  std::uint64_t next = 0;
};

/// Rows that one page may look at.
constexpr std::size_t trace_visits_max = 5'000;

/// Reasons why a store cannot be opened; `detail` names the file or server.
struct open_error {
  /// full: there is no room on its disk; nothing is wrong with the store.
  enum class why : std::uint8_t { taken, damaged, foreign, newer, unreadable, full };
  why what = why::unreadable;
  std::string detail;
};

/// How far back things are kept; everything older may be erased.
struct horizon {
  /// Finished notifications created before this go.
  millis trace = 0;
  /// Conversations that ended before this go.
  millis ended = 0;
  /// Ids that became known before this (engine time) are forgotten.
  millis ids = 0;
  /// So are the oldest beyond this many.
  std::size_t ids_max = SIZE_MAX;
};

/// Durable state. `commit` and `sweep` are called from one thread at a time; all other functions from any thread,
/// at the same time as a commit; they see what was committed.
class store {
public:
  virtual ~store() = default;

  /// Writes all units in order in one transaction and syncs. When it fails nothing of it counts as written, and the
  /// caller tries again later with the same units (first). The error names the trouble (disk full, read-only, ...).
  /// `now` (engine time) is when the ids among them became known. ec::bad_input: the store refuses one of the units for
  /// what it is (too big, a constraint), and will never take it.
  virtual result<success> commit(const std::vector<const unit*>& units, millis now) = 0;

  /// Erases what is behind the horizon, a bounded slice per call. True: there is more to do.
  virtual result<bool> sweep(const horizon& h) = 0;

  /// Called now and then when nothing is waiting to be committed: overwrite what was erased (logs, free pages).
  virtual void idle() = 0;

  /// Never given out twice, also over restarts.
  virtual std::int64_t new_conversation_key() = 0;
  /// Grows; never given out twice, also over restarts. Numbers claims of tokens too.
  virtual std::uint64_t new_notification_seq() = 0;

  virtual result<std::optional<stored_conversation>> load_conversation(const conversation_id& id) = 0;
  virtual result<stored_person> load_person(const person_id& id) = 0;
  /// The blob of a person's row alone, for the many who need no more than a name; empty: no row.
  virtual result<std::string> load_profile(const person_id& id) = 0;
  /// Who claims a token (`derive_token_key`); the first has it.
  virtual result<std::vector<claimant>> claimants(std::string_view token) = 0;
  /// Newest first; looks at no more than `trace_visits_max` rows, so that a filter without hits costs no more than one
  /// with: then the page is short and says where to go on.
  virtual result<notification_page> query(const trace_query& q) = 0;
  virtual result<std::optional<notification_row>> find_notification(const notification_id& id) = 0;

  /// The parked deliveries of a lane that may be tried: due ones, calls first, then oldest first.
  virtual result<std::vector<parked_delivery>> parked(std::string_view lane, millis now, std::size_t limit) = 0;
  /// The earliest due time over the parked deliveries of a lane; nothing: none is parked. 0: at once.
  virtual result<std::optional<millis>> parked_due(std::string_view lane) = 0;

  // Recovery, called once after opening.

  /// Sleeping conversations that must be woken at a time (without journal entries).
  virtual result<std::vector<due_conversation>> due_conversations() = 0;
  /// Persons whose row says that something ends at a time, and those with mail.
  virtual result<std::vector<person_id>> timed_persons() = 0;
  /// Every conversation that has journal entries.
  virtual result<success> each_journaled(const std::function<void(stored_conversation&&)>& visit) = 0;
  /// At least the newest so many known ids, if there are as many, oldest first, with the time of their commit.
  virtual result<success> each_known_id(std::size_t newest,
                                        const std::function<void(const known_id&, millis)>& visit) = 0;
  virtual result<std::vector<presence_row>> presence() = 0;
  virtual result<std::vector<webhook_row>> webhooks() = 0;
  virtual result<std::vector<person_id>> bots() = 0;
  virtual result<std::vector<std::string>> parked_lanes() = 0;
  virtual result<std::optional<std::string>> setting(std::string_view name) = 0;
  /// Notifications that are not final and not wholly parked, with seq > after, oldest first.
  virtual result<std::vector<unfinished_notification>> unfinished(std::uint64_t after, std::size_t limit) = 0;
};

// -- transport ----------------------------------------------------------------

/// Why an HTTP request got no answer.
enum class transport_error : std::uint8_t {
  none,
  timeout,
  connect,
  /// A connection kept from an earlier request turned out to be closed before a byte of the answer came.
  kept_connection_lost,
  tls,
  /// The address is not allowed (PROTOCOLS H-9); not retried.
  refused_address,
  proxy,
  /// The URL cannot be understood.
  bad_url,
  /// A bound of the transport is reached: too many requests wait for this server.
  busy,
  /// It waited so long for its turn that it may not be wanted any more: not begun, and whoever asks again should look.
  not_begun,
  cancelled,
  other,
};
/// "timeout", "connection_failed", "tls_failed", "refused_address", "proxy_failed", ...
std::string_view to_string(transport_error x);

struct http_request {
  std::string method = "POST";
  std::string url;
  /// In the order sent; names as written.
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  std::chrono::milliseconds timeout{20000};
  /// Empty: `outbound.proxyUrl`, then none.
  std::string proxy;
  /// On a connection of its own, not on one kept from earlier requests.
  bool fresh_connection = false;
  /// True: the address came in by the API, and the rules of H-9 hold for it. False: the configuration names it.
  bool untrusted = true;
  /// HTTP/2: requests of different groups never share a connection.
  std::string group = {};
  /// HTTP/2: it goes before what is not, where requests wait for a stream.
  bool urgent = false;
  /// HTTP/2: with bit i set, header i is kept out of the compression table (RFC 7541 6.2.3), because its value does not
  /// come again.
  std::uint64_t unindexed = 0;
};

struct http_answer {
  transport_error error = transport_error::none;
  /// 0 when there was no answer.
  int status = 0;
  /// At most 64 KiB; the rest is dropped.
  std::string body;
  /// The raw value of Retry-After, if any.
  std::optional<std::string> retry_after;
  std::chrono::milliseconds duration{0};
  /// HTTP/2: the headers, names in lower case, in the order received, 16 KiB at most.
  std::vector<std::pair<std::string, std::string>> headers = {};
  /// There is no answer, and the server certainly processed nothing of the request: sending it again doubles nothing.
  /// Over HTTP/1.1 never claimed.
  bool unprocessed = false;

  /// The first value of a header of `headers`; empty: it is absent.
  std::string_view header(std::string_view name) const {
    for (const auto& [n, value] : headers)
      if (n == name)
        return value;
    return {};
  }
};

/// Sends HTTP requests, many at once, never follows redirects, and never sends one twice.
class http_transport {
public:
  virtual ~http_transport() = default;

  /// `done` is called exactly once, on a thread of the transport, and must not block.
  virtual void send(http_request request, std::function<void(http_answer)> done) = 0;

  /// Reads `outbound.caFile` again. New connections trust what it says now, and old ones finish what they have.
  /// ec::bad_input: it cannot be read, and all stays as it was.
  virtual result<success> reload_trust() { return success{}; }
};

} // namespace belfry::io

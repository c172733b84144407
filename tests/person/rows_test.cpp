// The rows of this release are read for ever: whoever changes one gives it a new version, and keeps these.
#include "belfry/actors/clock_anchor.hpp"
#include "belfry/actors/gateway/presence.hpp"
#include "belfry/actors/person/person_row.hpp"
#include "belfry/actors/person/record_row.hpp"
#include "belfry/actors/person/update_row.hpp"
#include "belfry/messages/webhook.hpp"
#include "belfry/tests/support/hex.hpp"

#include <gtest/gtest.h>

namespace belfry::test {

namespace {

notification_id id_of(unsigned char byte) {
  notification_id id;
  id.bytes.fill(static_cast<decltype(id.bytes)::value_type>(byte));
  return id;
}

person_data somebody() {
  person_data d;
  auto& p = d.profile.emplace();
  p.type = person_type::agent;
  p.display_name = "Ada";
  p.email = "ada@example.org";
  p.locale = "de-CH";
  p.labels = std::vector<std::string>{"vip"};
  p.metadata = std::map<std::string, std::string>{{"team", "loans"}};
  device phone;
  phone.id = "phone";
  phone.platform = device_platform::ios;
  phone.push_token = "token";
  phone.push_kit_token = "kit";
  phone.environment = device_environment::sandbox;
  phone.version = message_version::encrypted;
  phone.encryption_key = "key";
  phone.registered_at = 1'700'000'000'001;
  phone.claim = 7;
  d.devices = {phone};
  d.pause.set_reason("calendar", "In a meeting", 60, 1'000);
  d.pause.session_started("c1", "s1", "cobrowsing");
  address_note note{channel_kind::email, "email", address_note::mark::suppressed, "ada@example.org"};
  note.code = "5.1.1";
  note.since = 1'700'000'000'002;
  note.until = 1'700'000'000'003;
  d.notes = {note};
  web_push_subscription s;
  s.id = "browser";
  s.endpoint = "https://push.example/1";
  s.p256dh = "p256dh";
  s.auth = "auth";
  s.install_id = "install";
  s.secret = "secret";
  s.vapid_key = "vapid";
  s.created_at = 1'700'000'000'004;
  s.claim = 8;
  s.state = subscription_state::checking;
  s.proven_at = 1'700'000'000'005;
  s.next_at = 123;
  s.check = "check";
  s.former = {"old", "older"};
  d.subscriptions = {s};
  return d;
}

notification_record record(kind k) {
  notification_record r;
  auto& n = r.notification;
  n.id = id_of(1);
  n.seq = 9;
  n.kind = k;
  n.recipient = "ada";
  n.recipient_type = person_type::agent;
  n.conversation = "c1";
  n.topic = "loans";
  n.created_at = 1'700'000'000'000;
  n.expires_at = 1'700'000'600'000;
  n.total_count = 3;
  switch (group_of(k)) {
  case group::messages:
    n.message = message_content{"m1", "hello", "hello again", "ben", 1, 2, 3, 4};
    break;
  case group::call:
    n.call = call_content{"k1", call_type::video,      call_state::calling,    "ben", 5,
                          6,    call_end_reason::none, revoke_reason::answered};
    break;
  case group::requests:
    n.request = request_content{"i1", "vera", "ben", "CHAT", "https://start.example"};
    break;
  }
  r.reason = reason::sent;
  r.withdrawn = reason::read_before_due;
  delivery d;
  d.id = id_of(2);
  d.channel = channel_kind::mobile;
  d.target = "phone";
  d.lane = "fcm/app";
  d.state = delivery_state::retrying;
  d.reason = reason::none;
  d.tries = 2;
  d.next_at = 1'700'000'000'500;
  d.parked = true;
  d.edited = true;
  d.left = true;
  d.attempts = {{1'700'000'000'100, 503, "unavailable", 20}, {1'700'000'000'200, 0, "timeout", 30, "m-7"}};
  r.deliveries = {d};
  return r;
}

/// The row of now is the golden one, and the golden one says the same as the value.
void is_frozen(const notification_record& r, std::string_view golden) {
  auto row = to_row(r);
  EXPECT_EQ(hex(row.blob), golden) << "the format is frozen: give it a new version";
  row.blob = unhex(golden);
  auto back = from_row(row);
  ASSERT_TRUE(back);
  EXPECT_EQ(hex(to_row(*back).blob), golden);
}

/// A row from before attempts kept the provider's id.
void is_read(kind k, std::string_view old) {
  auto r = record(k);
  auto row = to_row(r);
  row.blob = unhex(old);
  auto back = from_row(row);
  ASSERT_TRUE(back);
  r.deliveries[0].attempts[1].message_id.clear();
  EXPECT_EQ(hex(to_row(*back).blob), hex(to_row(r).blob));
}

void is_frozen(const person_update& m, std::string_view golden) {
  EXPECT_EQ(hex(to_row("ada", m).blob), golden) << "the format is frozen: give it a new version";
  auto back = from_row(io::update_row{5, "ada", unhex(golden)});
  ASSERT_TRUE(back);
  EXPECT_EQ(back->index(), m.index());
  EXPECT_EQ(hex(to_row("ada", *back).blob), golden);
}

} // namespace

TEST(Rows, OfPersonsAreReadForEver) {
  // Version 4, without what subscriptions took the place of, and version 5.
  const std::string version_4 =
      "04010000010341646100000000010f616461406578616d706c652e6f726700010564652d4348000101037669700101047465"
      "616d056c6f616e73010570686f6e65010764656661756c740105746f6b656e01036b6974010101036b657982a0abfef96207"
      "020000000000010863616c656e6461720c496e2061206d656574696e6790b907010a73657373696f6e3a73310263310a636f"
      "62726f7773696e67010005656d61696c010f616461406578616d706c652e6f72670005352e312e3184a0abfef96286a0abfe"
      "f962010762726f777365721668747470733a2f2f707573682e6578616d706c652f3106703235366468046175746807696e73"
      "74616c6c0673656372657405766170696405636865636b88a0abfef96208028aa0abfef962f601";
  const auto version_5 = "05" + version_4.substr(2) + "02036f6c64056f6c646572";
  EXPECT_EQ(hex(encode(somebody())), version_5) << "the format is frozen: give it a new version";
  for (const auto& golden : {version_4, version_5}) {
    person_data back;
    ASSERT_TRUE(decode(unhex(golden), back));
    EXPECT_EQ(back.profile, somebody().profile);
    EXPECT_EQ(back.devices, somebody().devices);
    EXPECT_EQ(back.notes, somebody().notes);
    EXPECT_EQ(back.pause.view(500), somebody().pause.view(500));
    auto expected = somebody().subscriptions;
    if (golden == version_4)
      expected[0].former.clear();
    EXPECT_EQ(back.subscriptions, expected);
  }
}

TEST(Rows, OfWhatIsShownAreReadForEver) {
  constexpr std::string_view golden =
      "0102026b31020c4d4f42494c452f70686f6e650a574542484f4f4b2f7731010b454d41494c2f656d61696c016d0000";
  const shown_subjects shown{{"k1", {{"MOBILE/phone", "WEBHOOK/w1"}, {"EMAIL/email"}}}, {"m", {}}};
  EXPECT_EQ(hex(encode(shown)), golden) << "the format is frozen: give it a new version";
  shown_subjects back;
  ASSERT_TRUE(decode(unhex(golden), back));
  EXPECT_EQ(hex(encode(back)), golden);
}

TEST(Rows, OfNotificationsAreReadForEver) {
  is_frozen(record(kind::new_message),
            "04010101056c6f616e7380bff4fef962026d310568656c6c6f010b68656c6c6f20616761696e0362656e0204060401030c01"
            "02020202020202020202020202020202010570686f6e650766636d2f617070010002e8a7abfef96201010102c8a1abfef962"
            "ee070b756e617661696c61626c65280090a3abfef962000774696d656f75743c036d2d37");
  is_frozen(record(kind::revoke_call),
            "04010101056c6f616e7380bff4fef962026b3101010362656e0a0c000101030c010202020202020202020202020202020201"
            "0570686f6e650766636d2f617070010002e8a7abfef96201010102c8a1abfef962ee070b756e617661696c61626c65280090"
            "a3abfef962000774696d656f75743c036d2d37");
  is_frozen(record(kind::inbound_request),
            "04010101056c6f616e7380bff4fef962026931010476657261010362656e010443484154011568747470733a2f2f73746172"
            "742e6578616d706c6501030c0102020202020202020202020202020202010570686f6e650766636d2f617070010002e8a7ab"
            "fef96201010102c8a1abfef962ee070b756e617661696c61626c65280090a3abfef962000774696d656f75743c036d2d37");
}

TEST(Rows, OfNotificationsOfVersion3AreReadForEver) {
  is_read(kind::new_message,
          "03010101056c6f616e7380bff4fef962026d310568656c6c6f010b68656c6c6f20616761696e0362656e0204060401030c01"
          "02020202020202020202020202020202010570686f6e650766636d2f617070010002e8a7abfef96201010102c8a1abfef962"
          "ee070b756e617661696c61626c652890a3abfef962000774696d656f75743c");
  is_read(kind::revoke_call,
          "03010101056c6f616e7380bff4fef962026b3101010362656e0a0c000101030c010202020202020202020202020202020201"
          "0570686f6e650766636d2f617070010002e8a7abfef96201010102c8a1abfef962ee070b756e617661696c61626c652890a3"
          "abfef962000774696d656f75743c");
  is_read(kind::inbound_request,
          "03010101056c6f616e7380bff4fef962026931010476657261010362656e010443484154011568747470733a2f2f73746172"
          "742e6578616d706c6501030c0102020202020202020202020202020202010570686f6e650766636d2f617070010002e8a7ab"
          "fef96201010102c8a1abfef962ee070b756e617661696c61626c652890a3abfef962000774696d656f75743c");
}

TEST(Rows, OfMailsAreReadForEver) {
  is_frozen(withdraw{"c1", reason::read_before_due, 5}, "01000263310c");
  is_frozen(drop_message{"c1", "m1", 5}, "0101026331026d31");
  is_frozen(rewrite_message{"c1", "m1", "hello again", 5}, "0102026331026d310b68656c6c6f20616761696e");
  is_frozen(activity{"c1", "k1", {{"s1", "cobrowsing"}}, 5}, "010302633101026b31010273310a636f62726f7773696e67");
}

TEST(Rows, OfPresenceAreReadForEver) {
  constexpr std::string_view golden = "7461623d3032643030663b7461620a63313d3032643030663b";
  presence_table table{60'000};
  presence_effects fx;
  table.opened("ada", "tab", "c1", 1'000, fx);
  std::string rows;
  presence_table back{60'000};
  for (const auto& change : fx.rows) {
    const auto& row = std::get<io::presence_row>(change);
    rows += row.client + "=" + hex(row.blob) + ";";
    back.load(row);
  }
  EXPECT_EQ(hex(rows), golden) << "the format is frozen: give it a new version";
  EXPECT_TRUE(back.online("ada"));
}

TEST(Rows, OfTheClockAreReadForEver) {
  const clock_anchor a{{"boot", 5, 6}, 7};
  EXPECT_EQ(encode(a), "1 7 6 5 boot");
  auto back = decode_clock_anchor("1 7 6 5 boot");
  ASSERT_TRUE(back);
  EXPECT_EQ(back->engine, 7);
  EXPECT_EQ(back->clocks.wall, 6);
  EXPECT_EQ(back->clocks.since_boot, 5);
  EXPECT_EQ(back->clocks.boot, "boot");
}

// -- stored numbers: none of these ever changes ---------------------------------

namespace {

template <class Enum>
constexpr int number(Enum x) {
  return static_cast<int>(x);
}

} // namespace

TEST(StoredNumbers, OfReasonsStandForTheSameForEver) {
  const std::vector<std::string_view> frozen{"",
                                             "sent",
                                             "own_message",
                                             "system_message",
                                             "not_in_conversation",
                                             "not_visible",
                                             "role_disabled",
                                             "bot_messages_disabled",
                                             "secondary_rule",
                                             "muted",
                                             "push_disabled",
                                             "auto_join",
                                             "read_before_due",
                                             "superseded",
                                             "deleted",
                                             "left",
                                             "conversation_ended",
                                             "no_address",
                                             "paused",
                                             "taken_back",
                                             "person_erased",
                                             "channel_disabled",
                                             "registration_inactive",
                                             "registration_deleted",
                                             "refused_address",
                                             "endpoint_gone",
                                             "expired",
                                             "http_status",
                                             "timeout",
                                             "connection_failed",
                                             "tls_failed",
                                             "proxy_failed",
                                             "address_suppressed",
                                             "address_dead",
                                             "provider_refused"};
  // A new one goes to the end, here as well.
  ASSERT_EQ(frozen.size(), static_cast<std::size_t>(reason_count));
  for (std::size_t i = 0; i < frozen.size(); ++i)
    EXPECT_EQ(to_string(static_cast<reason>(i)), frozen[i]) << i;
}

static_assert(number(kind::new_message) == 0 && number(kind::read_message) == 1 && number(kind::incoming_call) == 2
              && number(kind::revoke_call) == 3 && number(kind::missed_call) == 4 && number(kind::inbound_request) == 5
              && number(kind::revoke_inbound_request) == 6 && number(kind::deputy_delegation) == 7
              && number(kind::revoke_deputy_delegation) == 8);
static_assert(number(channel_kind::email) == 0 && number(channel_kind::mobile) == 1
              && number(channel_kind::webhook) == 2 && number(channel_kind::web_push) == 3);
static_assert(number(delivery_state::queued) == 0 && number(delivery_state::retrying) == 1
              && number(delivery_state::accepted) == 2 && number(delivery_state::address_gone) == 3
              && number(delivery_state::refused) == 4 && number(delivery_state::expired) == 5
              && number(delivery_state::cancelled) == 6 && number(delivery_state::given_up) == 7);
static_assert(number(trace_state::waiting) == 0 && number(trace_state::queued) == 1 && number(trace_state::done) == 2
              && number(trace_state::not_sent) == 3);
static_assert(number(webhook_status::active) == 0 && number(webhook_status::inactive) == 1
              && number(webhook_status::inactive_unavailable) == 2);
static_assert(number(group::messages) == 0 && number(group::call) == 1 && number(group::requests) == 2);
static_assert(number(person_type::agent) == 0 && number(person_type::visitor) == 1 && number(person_type::bot) == 2
              && number(person_type::system) == 3);
static_assert(number(device_platform::android) == 0 && number(device_platform::ios) == 1);
static_assert(number(device_environment::production) == 0 && number(device_environment::sandbox) == 1);
static_assert(number(message_version::not_encrypted) == 0 && number(message_version::encrypted) == 1
              && number(message_version::encrypted_service) == 2);
static_assert(number(pause_mode::off) == 0 && number(pause_mode::on) == 1 && number(pause_mode::automatic) == 2);
static_assert(number(subscription_state::unchecked) == 0 && number(subscription_state::healthy) == 1
              && number(subscription_state::checking) == 2 && number(subscription_state::missed) == 3
              && number(subscription_state::renewing) == 4);
static_assert(number(address_note::mark::proven) == 0 && number(address_note::mark::suppressed) == 1
              && number(address_note::mark::declined) == 2);
static_assert(number(revoke_reason::none) == 0 && number(revoke_reason::answered) == 1
              && number(revoke_reason::answered_elsewhere) == 2 && number(revoke_reason::declined) == 3
              && number(revoke_reason::ended) == 4 && number(revoke_reason::timeout) == 5
              && number(revoke_reason::left) == 6);
static_assert(number(call_end_reason::none) == 0 && number(call_end_reason::missed_because_timeout) == 1
              && number(call_end_reason::missed_because_terminated) == 2);

} // namespace belfry::test

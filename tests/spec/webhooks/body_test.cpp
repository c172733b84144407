// SPEC 8, "Body".
#include "belfry/io/webhook/payload.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

using namespace belfry;
using namespace belfry::io::webhooks;
using nlohmann::json;

namespace {

person ben() {
  person p{"ben", {}};
  p.profile.type = person_type::agent;
  p.profile.display_name = "Ben Moser";
  p.profile.first_name = "Ben";
  p.profile.last_name = "Moser";
  p.profile.username = "bmoser";
  p.profile.nickname = "Benny";
  p.profile.email = "ben@bank.example";
  p.profile.phone = "+41 44 000 00 00";
  p.profile.source_id = "crm-7";
  p.profile.locale = "de-CH";
  p.profile.labels = std::vector<std::string>{"vip"};
  p.profile.metadata = std::map<std::string, std::string>{{"team", "blue"}};
  return p;
}

json ben_object() {
  return {{"$_type", "PersonData"},      {"id", "ben"},
          {"accountId", "bank"},         {"personType", "AGENT"},
          {"firstName", "Ben"},          {"lastName", "Moser"},
          {"username", "bmoser"},        {"nickname", "Benny"},
          {"displayName", "Ben Moser"},  {"email", "ben@bank.example"},
          {"phone", "+41 44 000 00 00"}, {"sourceId", "crm-7"}};
}

person ann() {
  person p{"ann", {}};
  p.profile.type = person_type::visitor;
  p.profile.first_name = "Ann";
  p.profile.last_name = "Lee";
  return p;
}

json ann_object() {
  return {{"$_type", "PersonData"},  {"id", "ann"},        {"accountId", "bank"},
          {"personType", "VISITOR"}, {"firstName", "Ann"}, {"lastName", "Lee"}};
}

notification of(kind k) {
  notification n;
  n.kind = k;
  n.recipient = "ben";
  n.conversation = "c1";
  n.created_at = 1'700'000'000'123;
  n.people = {ann()};
  switch (group_of(k)) {
  case group::messages:
    n.message =
        message_content{"m1", "Hello \"Ben\"", {}, "ann", 1'699'999'999'001, 1'699'999'999'002, 1'699'999'999'003, 3};
    n.total_count = 9'007'199'254'740'993ULL;
    break;
  case group::call:
    n.call = call_content{"call1",           call_type::video,  call_state::calling,   "ann",
                          1'699'999'999'004, 1'700'000'060'000, call_end_reason::none, revoke_reason::ended};
    break;
  case group::requests:
    n.request = request_content{"i1", "ann", "ben", "CHAT_REQUEST", "https://host.example/start"};
    break;
  }
  return n;
}

render_options bank() {
  return {"bank", "en-US", true};
}

std::string name_of_event(kind k) {
  return "push_notification." + std::string{to_string(k)};
}

json body(const notification& n, const person& recipient = ben(), const std::vector<std::string>& tokens = {"t1"},
          const render_options& o = bank()) {
  return json::parse(render(n, recipient, tokens, name_of_event(n.kind), o));
}

/// What every body has.
json common(const notification& n, const char* type) {
  return {{"$_type", type},         {"timestamp", 1'700'000'000'123}, {"eventType", name_of_event(n.kind)},
          {"accountId", "bank"},    {"recipient", ben_object()},      {"locale", "de-CH"},
          {"conversationId", "c1"}, {"deviceTokens", {"t1"}}};
}

json with(json x, const json& more) {
  x.update(more);
  return x;
}

} // namespace

TEST(WebhookBody, OfNewMessageHasTheFieldsOfTheTable) {
  auto n = of(kind::new_message);
  EXPECT_EQ(body(n), with(common(n, "NewMessagePushNotificationEvent"),
                          {{"messageId", "m1"},
                           {"messageText", "Hello \"Ben\""},
                           {"messageSendTimestamp", 1'699'999'999'001},
                           {"messageServerTimestamp", 1'699'999'999'002},
                           {"senderName", "Ann Lee"},
                           {"senderPersonId", "ann"},
                           {"notificationCount", 3},
                           {"recipientNotificationCount", 9'007'199'254'740'993ULL}}));
}

TEST(WebhookBody, OfReadMessageHasTheFieldsOfTheTable) {
  auto n = of(kind::read_message);
  n.message->count = 0;
  n.total_count = 0;
  EXPECT_EQ(body(n), with(common(n, "ReadMessagePushNotificationEvent"), {{"messageId", "m1"},
                                                                          {"readTimestamp", 1'699'999'999'003},
                                                                          {"notificationCount", 0},
                                                                          {"recipientNotificationCount", 0}}));
}

TEST(WebhookBody, OfIncomingCallHasTheFieldsOfTheTable) {
  auto n = of(kind::incoming_call);
  EXPECT_EQ(body(n), with(common(n, "IncomingCallPushNotificationEvent"), {{"callState", "CALLING"},
                                                                           {"callType", "VIDEO"},
                                                                           {"callStartTimestamp", 1'699'999'999'004},
                                                                           {"callerName", "Ann Lee"},
                                                                           {"callerPersonId", "ann"}}));
}

TEST(WebhookBody, OfRevokeCallHasTheCallStateOnly) {
  auto n = of(kind::revoke_call);
  n.call->state = call_state::active;
  EXPECT_EQ(body(n), with(common(n, "RevokeCallPushNotificationEvent"), {{"callState", "ACTIVE"}}));
}

TEST(WebhookBody, OfMissedCallHasTheFieldsOfTheTable) {
  auto n = of(kind::missed_call);
  n.call->type = call_type::audio;
  n.call->state = call_state::idle;
  n.call->end_reason = call_end_reason::missed_because_terminated;
  EXPECT_EQ(body(n),
            with(common(n, "MissedCallPushNotificationEvent"), {{"callState", "IDLE"},
                                                                {"callType", "AUDIO"},
                                                                {"callStartTimestamp", 1'699'999'999'004},
                                                                {"callerName", "Ann Lee"},
                                                                {"callerPersonId", "ann"},
                                                                {"callEndReason", "MISSED_BECAUSE_TERMINATED"}}));
  n.call->end_reason = call_end_reason::missed_because_timeout;
  EXPECT_EQ(body(n)["callEndReason"], "MISSED_BECAUSE_TIMEOUT");
}

TEST(WebhookBody, OfInboundRequestAndItsRevokeHaveTheFieldsOfTheTable) {
  const std::pair<kind, const char*> table[] = {
      {kind::inbound_request, "InboundRequestPushNotificationEvent"},
      {kind::revoke_inbound_request, "RevokeInboundRequestPushNotificationEvent"}};
  for (auto [k, type] : table) {
    auto n = of(k);
    EXPECT_EQ(body(n), with(common(n, type), {{"invitationId", "i1"},
                                              {"initialEngagementType", "CHAT_REQUEST"},
                                              {"contextPerson", ann_object()},
                                              {"conversationStartUrl", "https://host.example/start"}}));
  }
}

TEST(WebhookBody, OfDeputyDelegationAndItsRevokeHaveThePrimaryAgentToo) {
  const std::pair<kind, const char*> table[] = {
      {kind::deputy_delegation, "DeputyDelegationPushNotificationEvent"},
      {kind::revoke_deputy_delegation, "RevokeDeputyDelegationPushNotificationEvent"}};
  for (auto [k, type] : table) {
    auto n = of(k);
    n.people.push_back(ben());
    EXPECT_EQ(body(n), with(common(n, type), {{"invitationId", "i1"},
                                              {"initialEngagementType", "CHAT_REQUEST"},
                                              {"contextPerson", ann_object()},
                                              {"conversationStartUrl", "https://host.example/start"},
                                              {"primaryAgentPerson", ben_object()}}));
  }
}

TEST(WebhookBody, OfPingHasTheRegistrationWithoutItsSecrets) {
  webhook w;
  w.id = "w1";
  w.name = "crm";
  w.description = "To the CRM";
  w.endpoint = "https://host.example/hook";
  w.status = webhook_status::inactive;
  w.secret = "secret-1";
  w.previous_secret = "secret-0";
  w.previous_secret_until = 9'000'000'000'000;
  w.events = {"push_notification.new_message", "ping"};
  w.version = 4;
  w.created_at = 1'600'000'000'000;
  w.modified_at = 1'600'000'000'001;
  auto text = render_ping(w, 1'700'000'000'000, bank());
  EXPECT_EQ(json::parse(text), (json{{"$_type", "WebhookPingEvent"},
                                     {"timestamp", 1'700'000'000'000},
                                     {"eventType", "ping"},
                                     {"accountId", "bank"},
                                     {"webhookConfiguration",
                                      {{"$_type", "WebhookRegistration"},
                                       {"id", "w1"},
                                       {"accountId", "bank"},
                                       {"name", "crm"},
                                       {"description", "To the CRM"},
                                       {"endpoint", "https://host.example/hook"},
                                       {"status", "INACTIVE"},
                                       {"apiVersion", "V4"},
                                       {"events", {"push_notification.new_message", "ping"}},
                                       {"version", 4},
                                       {"creationTimestamp", 1'600'000'000'000},
                                       {"modificationTimestamp", 1'600'000'000'001}}}}));
  EXPECT_EQ(text.find("secret"), std::string::npos);
}

TEST(WebhookBody, NamesTheEventAsItWasSubscribedTo) {
  auto text = render(of(kind::revoke_call), ben(), {}, "push_notification.revoked_call", bank());
  EXPECT_EQ(json::parse(text)["eventType"], "push_notification.revoked_call");
}

TEST(WebhookBody, LeavesAbsentValuesOut) {
  auto n = of(kind::new_message);
  n.people.clear();
  n.total_count.reset();
  n.message->text.clear();
  auto x = body(n, person{"zoe", {}});
  for (auto name : {"senderName", "messageText", "recipientNotificationCount"})
    EXPECT_FALSE(x.contains(name)) << name;
  EXPECT_EQ(x["senderPersonId"], "ann");
  EXPECT_EQ(x["recipient"],
            (json{{"$_type", "PersonData"}, {"id", "zoe"}, {"accountId", "bank"}, {"personType", "VISITOR"}}));
  auto r = of(kind::deputy_delegation);
  r.request = request_content{"i1", {}, {}, {}, {}};
  for (auto name : {"initialEngagementType", "contextPerson", "conversationStartUrl", "primaryAgentPerson"})
    EXPECT_FALSE(body(r).contains(name)) << name;
}

TEST(WebhookBody, SaysOfUnknownPersonsTheIdAndTheTypeThatTheirRoleImplies) {
  auto n = of(kind::deputy_delegation);
  n.people.clear();
  auto x = body(n);
  EXPECT_EQ(x["contextPerson"],
            (json{{"$_type", "PersonData"}, {"id", "ann"}, {"accountId", "bank"}, {"personType", "VISITOR"}}));
  EXPECT_EQ(x["primaryAgentPerson"],
            (json{{"$_type", "PersonData"}, {"id", "ben"}, {"accountId", "bank"}, {"personType", "AGENT"}}));
}

TEST(WebhookBody, NeverHasLabelsOrMetadata) {
  auto text = render(of(kind::new_message), ben(), {}, "e", bank());
  for (auto word : {"labels", "vip", "metadata", "blue"})
    EXPECT_EQ(text.find(word), std::string::npos) << word;
}

TEST(WebhookBody, HasTheDefaultLocaleForWhoHasNone) {
  auto p = ben();
  p.profile.locale.reset();
  EXPECT_EQ(body(of(kind::new_message), p)["locale"], "en-US");
}

TEST(WebhookBody, HasNoTextWhenPrivacyKeepsItOut) {
  auto o = bank();
  o.message_text = false;
  auto x = body(of(kind::new_message), ben(), {}, o);
  EXPECT_FALSE(x.contains("messageText"));
  EXPECT_EQ(x["messageId"], "m1");
  options all;
  EXPECT_TRUE(render_options_of(all).message_text);
  all.privacy_message_text = message_text_privacy::none;
  EXPECT_FALSE(render_options_of(all).message_text);
}

TEST(WebhookBody, AlwaysHasDeviceTokensWithoutRepeats) {
  auto n = of(kind::new_message);
  EXPECT_EQ(body(n, ben(), {})["deviceTokens"], json::array());
  EXPECT_EQ(body(n, ben(), {"a", "b", "a", "c", "b"})["deviceTokens"], (json{"a", "b", "c"}));
}

TEST(WebhookBody, HasTimestampsAsIntegers) {
  for (int k = 0; k < kind_count; ++k) {
    auto x = body(of(static_cast<kind>(k)));
    for (auto& [name, value] : x.items()) {
      if (name.ends_with("imestamp")) {
        EXPECT_TRUE(value.is_number_integer()) << name;
      }
    }
  }
}

TEST(WebhookBody, NamesTheSenderByDisplayNameElseNamesElseNicknameElseUsername) {
  auto n = of(kind::new_message);
  n.people = {ben()};
  n.message->sender = "ben";
  auto& p = n.people.front().profile;
  EXPECT_EQ(body(n)["senderName"], "Ben Moser");
  p.display_name = "B. M.";
  EXPECT_EQ(body(n)["senderName"], "B. M.");
  p.display_name.reset();
  EXPECT_EQ(body(n)["senderName"], "Ben Moser");
  p.first_name.reset();
  p.last_name.reset();
  EXPECT_EQ(body(n)["senderName"], "Benny");
  p.nickname.reset();
  EXPECT_EQ(body(n)["senderName"], "bmoser");
  p.username.reset();
  EXPECT_FALSE(body(n).contains("senderName"));
}

TEST(WebhookBody, RepeatsItselfInRetries) {
  auto n = of(kind::new_message);
  EXPECT_EQ(render(n, ben(), {"t"}, "e", bank()), render(n, ben(), {"t"}, "e", bank()));
}

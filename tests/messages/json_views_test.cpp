#include "belfry/messages/json.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace belfry {

namespace {

/// The answer as a document, held against the one expected.
void expect_json(const std::string& answer, const char* expected) {
  EXPECT_EQ(nlohmann::json::parse(answer), nlohmann::json::parse(expected)) << answer;
  EXPECT_EQ(answer.find('\n'), std::string::npos);
}

webhook registration() {
  webhook x;
  x.id = "w";
  x.name = "CRM";
  x.endpoint = "https://a.example/in?key=hidden#f";
  x.secret = "hush";
  x.previous_secret = "hush2";
  x.events = {"ping"};
  x.version = 3;
  x.created_at = 10;
  x.modified_at = 20;
  return x;
}

trace_item sent() {
  delivery d;
  d.id.bytes.fill(0xab);
  d.channel = channel_kind::webhook;
  d.target = "w";
  d.state = delivery_state::accepted;
  d.reason = reason::sent;
  d.attempts = {{5, 0, "timeout", 20}, {6, 200, "", 7, "m-7"}};
  trace_item x;
  x.id.emplace().bytes.fill(0x01);
  x.recipient = "ben";
  x.conversation = "c";
  x.message = "m";
  x.state = trace_state::done;
  x.reason = reason::sent;
  x.created_at = 4;
  x.deliveries = {d};
  return x;
}

constexpr const char* sent_json = R"({"id":"01010101010101010101010101010101","kind":"new_message","recipient":"ben",
    "conversation":"c","message":"m","state":"DONE","reason":"sent","createdAt":4,"deliveries":[
      {"id":"abababababababababababababababab","channel":"WEBHOOK","target":"w","state":"ACCEPTED","reason":"sent",
       "attempts":[{"at":5,"answer":"timeout","millis":20},{"at":6,"status":200,"millis":7,"messageId":"m-7"}]}]})";

} // namespace

TEST(JsonAnswer, OfAPersonLeavesOutWhatIsAbsent) {
  person x;
  x.id = "ann";
  x.profile.type = person_type::agent;
  x.profile.first_name = "Ann";
  expect_json(to_json(x), R"({"id":"ann","type":"AGENT","firstName":"Ann"})");
}

TEST(JsonAnswer, OfADeviceHidesTokensAndKey) {
  device d;
  d.id = "d";
  d.platform = device_platform::ios;
  d.push_token = d.push_kit_token = d.encryption_key = "hush";
  d.registered_at = 9;
  const char* expected = R"({"id":"d","platform":"IOS","app":"default","environment":"PRODUCTION",
                             "messageVersion":"NOT_ENCRYPTED","registeredAt":9,"tokens":["push","pushKit"]})";
  expect_json(to_json(d), expected);
  expect_json(to_json(std::vector{d}), (std::string{R"({"items":[)"} + expected + "]}").c_str());
  expect_json(to_json(std::vector<device>{}), R"({"items":[]})");
}

TEST(JsonAnswer, OfAWebhookHidesSecrets) {
  const char* expected = R"({"$_type":"WebhookRegistration","id":"w","accountId":"acc","creationTimestamp":10,
      "modificationTimestamp":20,"version":3,"name":"CRM","endpoint":"https://a.example/in?key=hidden#f",
      "status":"ACTIVE","apiVersion":"V4","events":["ping"]})";
  expect_json(to_json(registration(), "acc", endpoint_shown::whole), expected);
  expect_json(to_json(std::vector{registration()}, "acc", endpoint_shown::whole),
              (std::string{R"({"items":[)"} + expected + "]}").c_str());
}

TEST(JsonAnswer, OfAWebhookHidesTheQueryFromReaders) {
  auto x = nlohmann::json::parse(to_json(registration(), "acc", endpoint_shown::without_query));
  EXPECT_EQ(x["endpoint"], "https://a.example/in");
}

TEST(JsonAnswer, OfAnAdmissionPutsThePlaceBeforePointersOfABatch) {
  admission x{2, 1, {{3, "/message/sender", "ann is not there", refusal::not_in_conversation}}};
  expect_json(to_json(x, true), R"({"accepted":2,"duplicates":1,"refused":[
      {"pointer":"/3/message/sender","detail":"ann is not there","reason":"not_in_conversation"}]})");
  expect_json(to_json(admission{}, true), R"({"accepted":0,"duplicates":0})");
  x.refused.front().index = 0;
  EXPECT_EQ(nlohmann::json::parse(to_json(x, false))["refused"][0]["pointer"], "/message/sender");
}

TEST(JsonAnswer, OfAProblemKeepsToRfc9457) {
  problem_document x{.code = "bad_input", .status = 400, .detail = "wrong", .errors = {{"/at", "must be an integer"}}};
  expect_json(to_json(x), R"({"type":"urn:belfry:bad_input","title":"Bad Request","status":400,"detail":"wrong",
                              "errors":[{"pointer":"/at","detail":"must be an integer"}]})");
  expect_json(to_json(problem_document{.code = "not_found", .status = 404, .title = "Nobody"}),
              R"({"type":"urn:belfry:not_found","title":"Nobody","status":404})");
}

TEST(JsonAnswer, OfAConflictGivesTheReasons) {
  problem_document x{.code = "conflict",
                     .status = 409,
                     .refused = {{1, "/conversation", "ended", refusal::conversation_ended}},
                     .batch = true};
  expect_json(to_json(x), R"({"type":"urn:belfry:conflict","title":"Conflict","status":409,
      "errors":[{"pointer":"/1/conversation","detail":"ended","reason":"conversation_ended"}]})");
}

TEST(JsonAnswer, OfAConversationShowsCallAndParticipants) {
  conversation_view x;
  x.id = "c";
  x.topic = "Loan";
  x.call_state = call_state::calling;
  x.call = call_view{"k", call_type::video, "ann", 5, 65};
  x.participants = {{"ben", role::context_person, false, true, true, 2, ring_state::ringing, pending_view{"m", 9}},
                    participant_view{}};
  x.participants.back().person = "bot";
  expect_json(to_json(x), R"({"id":"c","topic":"Loan","state":"ACTIVE","autoJoinCalls":false,"callState":"CALLING",
      "call":{"id":"k","type":"VIDEO","caller":"ann","startedAt":5,"ringDeadline":65},"participants":[
        {"person":"ben","role":"CONTEXT_PERSON","hidden":false,"muted":true,"open":true,"unreadCount":2,
         "callState":"RINGING","pending":{"message":"m","due":9}},
        {"person":"bot","hidden":false,"muted":false,"open":false,"unreadCount":0,"callState":"NONE"}]})");
  conversation_view ended;
  ended.id = "d";
  ended.ended = true;
  expect_json(to_json(ended),
              R"({"id":"d","state":"ENDED","autoJoinCalls":false,"callState":"IDLE","participants":[]})");
}

TEST(JsonAnswer, OfCountsIsAnObjectEvenWhenEmpty) {
  expect_json(to_json(count_view{}), R"({"total":0,"conversations":{}})");
  expect_json(to_json(count_view{3, {{"a", 1}, {"b", 2}}}), R"({"total":3,"conversations":{"a":1,"b":2}})");
}

TEST(JsonAnswer, OfATraceShowsEachAttempt) {
  expect_json(to_json(sent()), sent_json);
  trace_item computed;
  computed.recipient = "ben";
  computed.conversation = "c";
  computed.reason = reason::own_message;
  expect_json(to_json(computed), R"({"kind":"new_message","recipient":"ben","conversation":"c","state":"NOT_SENT",
                                     "reason":"own_message","deliveries":[]})");
}

TEST(JsonAnswer, OfAPageHasACursorWhileThereIsMore) {
  expect_json(to_json(trace_page{}), R"({"items":[]})");
  expect_json(to_json(trace_page{{sent()}, 42}),
              (std::string{R"({"cursor":"42","items":[)"} + sent_json + "]}").c_str());
}

TEST(JsonAnswer, OfAPauseListsItsReasons) {
  pause_view x{pause_mode::automatic, true, {}, {{"session:s", {}, {}}, {"lunch", "Lunch", 99}}};
  expect_json(to_json(x), R"({"mode":"AUTO","state":"ON","reasons":[{"sourceId":"session:s"},
                              {"sourceId":"lunch","displayName":"Lunch","expiresAt":99}]})");
  expect_json(to_json(pause_reason{"lunch", {}, 99}), R"({"sourceId":"lunch","expiresAt":99})");
}

TEST(JsonAnswer, OfReportsNamesTheEventOfTheStream) {
  auto notification = to_stream_event(sent());
  EXPECT_EQ(notification.name, "notification");
  expect_json(notification.data, sent_json);
  auto timeout = to_stream_event(call_timeout{"c", "k", 5});
  EXPECT_EQ(timeout.name, "call_timeout");
  expect_json(timeout.data, R"({"conversation":"c","call":"k","at":5})");
  auto pause = to_stream_event(pause_changed{"ann", {pause_mode::on, true, 7, {}}});
  EXPECT_EQ(pause.name, "pause");
  expect_json(pause.data, R"({"person":"ann","mode":"ON","state":"ON","until":7})");
  auto gone = to_stream_event(address_gone{channel_kind::webhook, "", "w"});
  EXPECT_EQ(gone.name, "address_gone");
  expect_json(gone.data, R"({"channel":"WEBHOOK","target":"w"})");
}

TEST(JsonAnswer, ReplacesWhatIsNotUtf8) {
  EXPECT_EQ(nlohmann::json::parse(to_json(pause_reason{"a\xff", {}, {}}))["sourceId"], "a\xef\xbf\xbd");
}

} // namespace belfry

#include "belfry/io/apns/answer.hpp"
#include "belfry/io/apns/provider_token.hpp"
#include "belfry/io/apns/request.hpp"
#include "belfry/io/fcm/access_token.hpp"
#include "belfry/io/fcm/answer.hpp"
#include "belfry/io/fcm/request.hpp"
#include "belfry/tests/http2_client/client_fixture.hpp"
#include "belfry/tests/support/providers/apns_simulator.hpp"
#include "belfry/tests/support/providers/fcm_simulator.hpp"

#include "belfry/tests/support/providers/key_pem.hpp"
#include "fixture.hpp"

namespace belfry::io {

namespace {

using namespace mobile;
using nlohmann::json;

const std::vector<notification>& all_kinds() {
  static const std::vector<notification> list{
      message("hello", 2), message("", 0, kind::read_message), call(kind::incoming_call),
      call(kind::revoke_call, revoke_reason::answered), call(kind::missed_call)};
  return list;
}

/// The strict end of Apple, a client, and a team that pushes.
class Apns : public Http2 {
protected:
  test::apns_settings strict() const {
    test::apns_settings out;
    out.tls = certificate_;
    out.keys = {{"KEYID12345", key_.point()}};
    return out;
  }

  apns::app_settings app(const test::apns_simulator& apple) const {
    return {"com.example.chat", "TEAMID1234", apple.url(), apple.url(), "secret"};
  }

  http_request request(const test::apns_simulator& apple, const notification& n, const device& d, bool proven = true) {
    auto out = apns::make_request(to(n, d), app(apple), token_.authorization(seconds_now() * 1000), proven,
                                  apns::payload_max_of(n.kind));
    EXPECT_TRUE(out);
    return out.value_or(http_request{});
  }

  static millis seconds_now() {
    using namespace std::chrono;
    return duration_cast<seconds>(system_clock::now().time_since_epoch()).count();
  }

  crypto::p256_key key_ = crypto::p256_key::generate();
  apns::provider_token token_{key_, "KEYID12345", "TEAMID1234"};
};

TEST_F(Apns, TakesWhatWeSendForEveryKindAndVersion) {
  test::apns_simulator apple(strict());
  auto client = make_client();
  for (const auto& d : {iphone(), sealing(iphone()), sealing(iphone(), message_version::encrypted_service)})
    for (const auto& n : all_kinds()) {
      const auto answer = call(*client, request(apple, n, d));
      EXPECT_EQ(answer.status, 200) << to_string(n.kind) << " " << answer.body;
      EXPECT_EQ(answer.header("apns-id"), "d1d1d1d1-d1d1-d1d1-d1d1-d1d1d1d1d1d1");
    }
  EXPECT_EQ(apple.provider_tokens(), 1U);
  EXPECT_EQ(apple.server().connections(), 1U);
}

TEST_F(Apns, RefusesWhatAppleForbids) {
  test::apns_simulator apple(strict());
  auto client = make_client();
  auto spoiled = [&](std::string_view name, const std::string& value) {
    auto r = request(apple, message("x"), iphone());
    for (auto& [n, v] : r.headers)
      if (n == name)
        v = value;
    return r;
  };
  auto reason_of = [&](const http_request& r) { return apns::read_answer(io::call(*client, r)).why; };
  EXPECT_EQ(reason_of(spoiled("authorization", "bearer x.y.z")), apns::reason::invalid_provider_token);
  EXPECT_EQ(reason_of(spoiled("authorization", "")), apns::reason::missing_provider_token);
  EXPECT_EQ(reason_of(spoiled("apns-topic", "com.example.other")), apns::reason::device_token_not_for_topic);
  EXPECT_EQ(reason_of(spoiled("apns-topic", "com.example.chat.voip")), apns::reason::invalid_push_type);
  EXPECT_EQ(reason_of(spoiled("apns-push-type", "voip")), apns::reason::invalid_push_type);
  EXPECT_EQ(reason_of(spoiled("apns-push-type", "background")), apns::reason::bad_priority);
  EXPECT_EQ(reason_of(spoiled("apns-priority", "11")), apns::reason::bad_priority);
  EXPECT_EQ(reason_of(spoiled("apns-id", "ABC")), apns::reason::bad_message_id);
  EXPECT_EQ(reason_of(spoiled("apns-expiration", "soon")), apns::reason::bad_expiration_date);
  EXPECT_EQ(reason_of(spoiled("apns-collapse-id", std::string(65, 'x'))), apns::reason::bad_collapse_id);
  auto r = request(apple, message("x"), iphone());
  r.body = std::string(4097, ' ');
  EXPECT_EQ(reason_of(r), apns::reason::payload_too_large);
  r.body = "{}";
  EXPECT_EQ(reason_of(r), apns::reason::payload_empty);
  auto old = apns::provider_token(key_, "KEYID12345", "TEAMID1234").authorization((seconds_now() - 3700) * 1000);
  EXPECT_EQ(reason_of(spoiled("authorization", old)), apns::reason::expired_provider_token);
}

TEST_F(Apns, AnswersTokensAsTheySay) {
  test::apns_simulator apple(strict());
  auto client = make_client();
  const std::pair<const char*, apns::action> rows[] = {
      {"e410", apns::action::gone_before}, {"e400", apns::action::suspect}, {"e413", apns::action::shrink},
      {"e429", apns::action::slow_down},   {"e500", apns::action::later},   {"e503", apns::action::later}};
  for (const auto& [token, what] : rows) {
    auto d = iphone();
    d.push_token = token + std::string(60, '0');
    EXPECT_EQ(apns::read_answer(io::call(*client, request(apple, message("x"), d))).what, what) << token;
  }
}

TEST_F(Apns, ABadTokenSlowsNoProvenOne) {
  test::apns_simulator apple(strict());
  auto client = make_client();
  auto bad = iphone();
  bad.push_token = "e400" + std::string(60, '0');
  EXPECT_EQ(call(*client, request(apple, message("x"), iphone())).status, 200);
  EXPECT_EQ(call(*client, request(apple, message("x"), bad, false)).status, 400);
  const auto pushes = apple.pushes();
  ASSERT_EQ(pushes.size(), 2U);
  EXPECT_NE(pushes[0].connection, pushes[1].connection);
}

TEST_F(Apns, LosesAndDoublesNothingWhenAppleSaysGoodbye) {
  auto settings = strict();
  std::atomic<int> seen = 0;
  settings.faults = [&](const test::http2_request&) -> std::optional<test::http2_reply> {
    if (++seen % 150 != 0)
      return std::nullopt;
    return test::http2_reply{.kind = what::go_away_before, .text = R"({"reason":"Shutdown"})"};
  };
  test::apns_simulator apple(std::move(settings));
  auto client = make_client();
  std::vector<std::future<http_answer>> answers;
  for (int i = 0; i < 1000; ++i)
    answers.push_back(begin(*client, request(apple, message("x"), iphone())));
  for (auto& a : answers)
    EXPECT_EQ(get(std::move(a)).status, 200);
  EXPECT_EQ(apple.count(), 1000U);
  EXPECT_GT(client->counts().goaways, 3U);
}

/// The strict end of Google, a client, and a project that pushes.
class Fcm : public Http2 {
protected:
  Fcm() { account_ = fcm::read_service_account(account_json("https://127.0.0.1/token").dump()); }

  static json account_json(const std::string& token_uri) {
    return {{"project_id", "belfry-demo"},
            {"private_key_id", "k1"},
            {"private_key", test::rsa_pem()},
            {"client_email", "push@belfry-demo.iam.gserviceaccount.com"},
            {"token_uri", token_uri}};
  }

  test::fcm_settings strict() const {
    test::fcm_settings out;
    out.tls = certificate_;
    out.public_key = account_->key.public_pem();
    return out;
  }

  /// Fetches an access token as the channel does.
  std::string authorize(http_transport& client, const test::fcm_simulator& google) {
    account_ = fcm::read_service_account(account_json(google.url() + "/token").dump());
    fcm::access_token token;
    EXPECT_EQ(token.next(now), fcm::access_token::step::fetch);
    EXPECT_TRUE(token.fetched(call(client, fcm::token_request(*account_, now)), now));
    return token.authorization();
  }

  http_request request(const test::fcm_simulator& google, const notification& n, const device& d,
                       const std::string& authorization) const {
    const fcm::app_settings app{"belfry-demo", google.url(), {"com.example.chat", "T", "", "", "s"}, "tags"};
    auto out = fcm::make_request(to(n, d), app, authorization, fcm::message_max);
    EXPECT_TRUE(out);
    return out.value_or(http_request{});
  }

  std::optional<fcm::service_account> account_;
};

TEST_F(Fcm, TakesWhatWeSendForEveryKindVersionAndPlatform) {
  test::fcm_simulator google(strict());
  auto client = make_client();
  const auto authorization = authorize(*client, google);
  for (const auto& d : {android(), sealing(android()), iphone(), sealing(iphone())})
    for (const auto& n : all_kinds()) {
      if (n.kind == kind::incoming_call && d.platform == device_platform::ios)
        continue;
      const auto answer = call(*client, request(google, n, d, authorization));
      EXPECT_EQ(answer.status, 200) << to_string(n.kind) << " " << answer.body;
      EXPECT_TRUE(fcm::read_answer(answer, now).name.starts_with("projects/belfry-demo/messages/"));
    }
}

TEST_F(Fcm, RefusesWhatGoogleForbids) {
  test::fcm_simulator google(strict());
  auto client = make_client();
  const auto authorization = authorize(*client, google);
  auto outcome = [&](const std::string& body, const std::string& by) {
    auto r = request(google, message("x"), android(), by);
    r.body = body;
    return fcm::read_answer(io::call(*client, r), now).what;
  };
  const auto good = request(google, message("x"), android(), "").body;
  EXPECT_EQ(outcome(good, authorization), fcm::action::accepted);
  EXPECT_EQ(outcome(good, "Bearer other"), fcm::action::new_token);
  for (auto body : {R"({"message":{}})", R"({"message":{"token":"t","data":{"a":1}}})",
                    R"({"message":{"token":"t","data":{"google.x":"1"}}})", R"({"message":{"token":"t","foo":1}})",
                    R"({"message":{"token":"t","android":{"ttl":"5"}}})",
                    R"({"message":{"token":"t","android":{"priority":"high"}}})", R"({})", "no JSON"})
    EXPECT_EQ(outcome(body, authorization), fcm::action::suspect) << body;
  EXPECT_EQ(outcome(R"({"message":{"token":"t","data":{"a":")" + std::string(5000, 'x') + R"("}}})", authorization),
            fcm::action::shrink);
  google.revoke_access();
  EXPECT_EQ(outcome(good, authorization), fcm::action::new_token);
}

TEST_F(Fcm, AnswersTokensAsTheySay) {
  test::fcm_simulator google(strict());
  auto client = make_client();
  const auto authorization = authorize(*client, google);
  const std::pair<const char*, fcm::action> rows[] = {
      {"e400", fcm::action::suspect}, {"e401", fcm::action::lacks_key},    {"e403", fcm::action::foreign},
      {"e404", fcm::action::gone},    {"e429", fcm::action::hold_project}, {"e500", fcm::action::later},
      {"e503", fcm::action::later}};
  for (const auto& [token, what] : rows) {
    auto d = android();
    d.push_token = token + std::string("rest");
    EXPECT_EQ(fcm::read_answer(io::call(*client, request(google, message("x"), d, authorization)), now).what, what)
        << token;
  }
}

TEST_F(Fcm, GivesNoAccessToAForgedAssertion) {
  auto settings = strict();
  settings.public_key = fcm::read_service_account(account_json("https://x/token").dump())->key.public_pem();
  test::fcm_simulator google(std::move(settings));
  auto client = make_client();
  account_ = fcm::read_service_account(account_json(google.url() + "/token").dump());
  auto r = fcm::token_request(*account_, now);
  r.body[r.body.size() - 5] = r.body[r.body.size() - 5] == 'A' ? 'B' : 'A';
  EXPECT_EQ(call(*client, r).status, 400);
  EXPECT_EQ(google.access_tokens(), 0U);
}

} // namespace

} // namespace belfry::io

#include "client_fixture.hpp"

#include "belfry/tests/support/providers/sink_script.hpp"

#include <nlohmann/json.hpp>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <ctime>

namespace belfry::test {

namespace {

using io::call;
using io::make_client;
using io::patience;
using io::post;
using json = nlohmann::json;

/// A ping as SPEC 8 wants it, unsigned.
io::http_request good_ping(const std::string& url) {
  json body{{"$_type", "WebhookPingEvent"},
            {"timestamp", 1},
            {"eventType", "ping"},
            {"accountId", "default"},
            {"webhookConfiguration", json::object()}};
  auto out = post(url, body.dump());
  out.headers = {{"Content-Type", "application/json"},
                 {"User-Agent", "Belfry/1"},
                 {"X-Unblu-Event", "ping"},
                 {"X-Unblu-Event-ID", "id1"},
                 {"X-Unblu-Delivery", "d1"},
                 {"X-Unblu-Retry-No", "0"},
                 {"webhook-id", "id1"},
                 {"webhook-timestamp", std::to_string(std::time(nullptr))}};
  return out;
}

TEST(SinkScript, ReadsWhatThePathSays) {
  using what = sink_action::what;
  EXPECT_EQ(read_script("/ok", 0).status, 200);
  EXPECT_EQ(read_script("/anything/else?x=/status/500", 0).status, 200);
  EXPECT_EQ(read_script("/status/503", 0).status, 503);
  EXPECT_EQ(read_script("/gone?x", 0).status, 410);
  EXPECT_EQ(read_script("/slow/2000", 0).delay, std::chrono::seconds(2));
  EXPECT_EQ(read_script("/retry-after/5/429", 0).retry_after, "5");
  EXPECT_EQ(read_script("/retry-after/5/503", 0).status, 503);
  EXPECT_EQ(read_script("/hang", 0).kind, what::hang);
  EXPECT_EQ(read_script("/close", 0).kind, what::close);
  EXPECT_EQ(read_script("/cut", 0).kind, what::cut_header);
  EXPECT_EQ(read_script("/redirect/ok", 0).location, "/ok");
  EXPECT_EQ(read_script("/fail-first/2/500", 1).status, 500);
  EXPECT_EQ(read_script("/fail-first/2/500", 2).status, 200);
}

TEST(WebhookSink, FailsTheFirstRequestsOfAPath) {
  webhook_sink sink;
  auto client = make_client();
  std::vector<int> seen;
  for (int i = 0; i < 4; ++i)
    seen.push_back(call(*client, post(sink.url("/fail-first/2/503"))).status);
  EXPECT_EQ(seen, (std::vector{503, 503, 200, 200}));
}

TEST(WebhookSink, WaitsForCountsAndConditions) {
  webhook_sink sink({.log_max = 2});
  auto client = make_client();
  EXPECT_FALSE(sink.wait_for(1, std::chrono::milliseconds(20)));
  for (auto body : {"a", "b", "c"})
    client->send(post(sink.url(), body), [](auto) {});
  EXPECT_TRUE(sink.wait_for(3, patience));
  EXPECT_EQ(sink.requests().size(), 2U);
  EXPECT_TRUE(sink.wait_until([](const auto& log) { return log.size() == 2; }, patience));
  EXPECT_FALSE(sink.wait_until([](const auto& log) { return log.size() == 3; }, std::chrono::milliseconds(20)));
  sink.clear();
  EXPECT_EQ(sink.count(), 0U);
}

TEST(WebhookSink, SpoilsRequestsByPlan) {
  webhook_sink sink({.faults = {.seed = 1, .error = 1, .statuses = {502}}});
  EXPECT_EQ(call(*make_client(), post(sink.url())).status, 502);
  webhook_sink cutting({.faults = {.seed = 1, .cut = 1}});
  EXPECT_EQ(call(*make_client(), post(cutting.url())).error, io::transport_error::connect);
}

TEST(WebhookSink, AnswersSlowly) {
  webhook_sink sink;
  EXPECT_GE(call(*make_client(), post(sink.url("/slow/100"))).duration, std::chrono::milliseconds(95));
}

TEST(WebhookCheck, TakesAGoodPing) {
  webhook_sink sink({.verify_secret = ""});
  auto answer = call(*make_client(), good_ping(sink.url()));
  EXPECT_EQ(answer.status, 200) << answer.body;
  EXPECT_EQ(sink.violations(), 0U);
}

TEST(WebhookCheck, RefusesWhateverIsMissing) {
  webhook_sink sink({.verify_secret = ""});
  auto client = make_client();
  const auto good = good_ping(sink.url());
  for (std::size_t i = 0; i < good.headers.size(); ++i) {
    auto bad = good;
    bad.headers.erase(bad.headers.begin() + static_cast<std::ptrdiff_t>(i));
    EXPECT_EQ(call(*client, bad).status, 400) << good.headers[i].first;
  }
  for (auto field : {"$_type", "timestamp", "eventType", "accountId", "webhookConfiguration"}) {
    auto bad = good;
    auto body = json::parse(good.body);
    body.erase(field);
    bad.body = body.dump();
    EXPECT_EQ(call(*client, bad).status, 400) << field;
  }
  EXPECT_EQ(sink.violations(), good.headers.size() + 5);
  EXPECT_EQ(sink.violation_texts().size(), sink.violations());
}

TEST(WebhookCheck, KnowsTheSignatures) {
  received_request r{.method = "POST", .path = "/", .headers = good_ping("").headers, .body = good_ping("").body};
  EXPECT_EQ(webhook_violation(r, ""), std::nullopt);
  EXPECT_EQ(webhook_violation(r, "key"), "X-Unblu-Signature is wrong or missing");
  // From the openssl command, over the same body with the key "key".
  r.headers.emplace_back("X-Unblu-Signature", "a73fc83be11135a21ef4c8185243eccc9cca736c");
  EXPECT_EQ(webhook_violation(r, ""), "signed without a secret");
  EXPECT_EQ(webhook_violation(r, "key"), "X-Unblu-Signature-256 is wrong or missing");
  r.headers.emplace_back("X-Unblu-Signature-256", "bbe01b79799b468a8ce7e3d79b6852c00c51ad820b4b731dabee70fae793f452");
  EXPECT_EQ(webhook_violation(r, "key"), "webhook-signature is wrong or missing");
  const auto text = "id1." + *r.header("webhook-timestamp") + "." + r.body;
  unsigned char digest[32];
  unsigned char base64[64] = {};
  HMAC(EVP_sha256(), "key", 3, reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest, nullptr);
  EVP_EncodeBlock(base64, digest, sizeof(digest));
  const auto signature = "v1," + std::string(reinterpret_cast<char*>(base64));
  r.headers.emplace_back("webhook-signature", "v1,b2xk " + signature);
  EXPECT_EQ(webhook_violation(r, "key"), std::nullopt);
  // "whsec_a2V5" is the same key in base64: the platform's signatures are over its text, and differ.
  EXPECT_EQ(webhook_violation(r, "whsec_a2V5"), "X-Unblu-Signature is wrong or missing");
  r.body += " ";
  EXPECT_NE(webhook_violation(r, "key"), std::nullopt);
}

} // namespace

} // namespace belfry::test

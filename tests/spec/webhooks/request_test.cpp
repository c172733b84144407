// SPEC 8, "Request", and PROTOCOLS H-1 and H-2. Expected signatures were computed with another tool.
#include "belfry/io/webhook/request.hpp"

#include <gtest/gtest.h>

#include <algorithm>

using namespace belfry;
using namespace belfry::io::webhooks;

namespace {

constexpr auto event_id = "0123456789abcdef0123456789abcdef";
const std::string body = "{\"a\":\"gr\xc3\xbc"
                         "ezi\"}";
constexpr millis now = 1'700'000'000'999;
/// Over event_id, 1700000000 and body.
const std::string plain_signature = "v1,dhi3ArCKtUHNa3hx1hEsK37DAkIk2SKFxLdhlLac2HA=";
const std::string old_signature = "v1,a2GC8l/Urk+/pt3zdx7UreURCSa3o1/WpE5PbyVsKy4=";

webhook registration(std::optional<std::string> secret = "plain secret") {
  webhook w;
  w.endpoint = "https://host.example/hook?x=1";
  w.secret = std::move(secret);
  return w;
}

attempt_info try_no(std::uint32_t retry_no = 0) {
  return {event_id, "push_notification.new_message", "d1", retry_no, now};
}

io::http_request request(const webhook& w, const webhook_options& o = {}, attempt_info a = try_no()) {
  return make_request(w, a, body, o);
}

/// The value of a header that must stand exactly once; "-" when absent.
std::string header(const io::http_request& r, const std::string& name) {
  std::string out = "-";
  for (auto& [n, value] : r.headers)
    if (n == name) {
      EXPECT_EQ(out, "-") << name << " stands twice";
      out = value;
    }
  return out;
}

} // namespace

TEST(WebhookRequest, PostsTheBodyAsItIsToTheEndpoint) {
  auto r = request(registration());
  EXPECT_EQ(r.method, "POST");
  EXPECT_EQ(r.url, "https://host.example/hook?x=1");
  EXPECT_EQ(r.body, body);
  EXPECT_EQ(header(r, "Content-Type"), "application/json");
  EXPECT_TRUE(r.untrusted);
}

TEST(WebhookRequest, HasThePlatformsHeaders) {
  auto r = request(registration(), {}, try_no(7));
  EXPECT_EQ(header(r, "X-Unblu-Event"), "push_notification.new_message");
  EXPECT_EQ(header(r, "X-Unblu-Event-ID"), event_id);
  EXPECT_EQ(header(r, "X-Unblu-Delivery"), "d1");
  EXPECT_EQ(header(r, "X-Unblu-Retry-No"), "7");
  EXPECT_EQ(header(request(registration()), "X-Unblu-Retry-No"), "0");
}

TEST(WebhookRequest, IsSignedWithTheSecretsBytesInLowerCaseHex) {
  auto r = request(registration());
  EXPECT_EQ(header(r, "X-Unblu-Signature"), "5684c6916271a048489c23bcd36663184ba1cc53");
  EXPECT_EQ(header(r, "X-Unblu-Signature-256"), "180ba9274eb54d4ff0cad2e763fa22c681b2b0bb0fa7d65024fca68ec7f956c4");
}

TEST(WebhookRequest, HasTheThreeOfStandardWebhooks) {
  auto r = request(registration());
  EXPECT_EQ(header(r, "webhook-id"), event_id);
  EXPECT_EQ(header(r, "webhook-timestamp"), "1700000000");
  EXPECT_EQ(header(r, "webhook-signature"), plain_signature);
}

TEST(WebhookRequest, TakesTheKeyFromTheBase64OfASecretInTheStandardForm) {
  auto r = request(registration("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"));
  EXPECT_EQ(header(r, "webhook-signature"), "v1,JkAUVBRI91hKfD6G3qrHBIQm/5nadOLK4sK27Gh1z/w=");
  // The platform's own signatures take the secret as it is written.
  EXPECT_EQ(header(r, "X-Unblu-Signature"), "07c8b30de0daea1d07dd5d2690e0367819c2e89d");
  EXPECT_EQ(header(r, "X-Unblu-Signature-256"), "b3e73995f0fa31b31d17edf7d3cc62395909e3ba25ddc1c9443d08d74cd2d69d");
}

TEST(WebhookRequest, TakesASecretThatOnlyLooksLikeTheStandardFormAsBytes) {
  EXPECT_EQ(header(request(registration("whsec_not base64!")), "webhook-signature"),
            "v1,1PG4642MnkC+mqG5LvHv/cM25CYbFFyOFdLVeJDQfY8=");
}

TEST(WebhookRequest, IsNotSignedWithoutASecretButHasIdAndTimestamp) {
  auto r = request(registration(std::nullopt));
  for (auto name : {"X-Unblu-Signature", "X-Unblu-Signature-256", "webhook-signature"})
    EXPECT_EQ(header(r, name), "-") << name;
  EXPECT_EQ(header(r, "webhook-id"), event_id);
  EXPECT_EQ(header(r, "webhook-timestamp"), "1700000000");
}

TEST(WebhookRequest, IsSignedByTheFormerSecretTooUntilTheOverlapEnds) {
  auto w = registration();
  w.previous_secret = "old secret";
  w.previous_secret_until = now + 1;
  auto r = request(w);
  EXPECT_EQ(header(r, "webhook-signature"), plain_signature + " " + old_signature);
  EXPECT_EQ(header(r, "X-Unblu-Signature"), "5684c6916271a048489c23bcd36663184ba1cc53");
  w.previous_secret_until = now;
  EXPECT_EQ(header(request(w), "webhook-signature"), plain_signature);
}

TEST(WebhookRequest, HasTheIdOnEveryRetryAndANewTimestamp) {
  auto later = try_no(1);
  later.now += 5'000;
  auto r = request(registration(), {}, later);
  EXPECT_EQ(header(r, "webhook-id"), event_id);
  EXPECT_EQ(header(r, "webhook-timestamp"), "1700000005");
  EXPECT_NE(header(r, "webhook-signature"), plain_signature);
  EXPECT_EQ(header(r, "X-Unblu-Signature"), "5684c6916271a048489c23bcd36663184ba1cc53");
}

TEST(WebhookRequest, KeepsToTheOptions) {
  webhook_options o;
  EXPECT_EQ(header(request(registration(), o), "User-Agent"), "Belfry/" BELFRY_VERSION);
  EXPECT_EQ(request(registration(), o).timeout, std::chrono::seconds{20});
  EXPECT_EQ(request(registration(), o).proxy, "");
  o.header_prefix = "X-Bank-";
  o.user_agent = "Unblu-Hookshot";
  o.timeout = std::chrono::seconds{3};
  o.proxy_url.value = "http://proxy.example:3128";
  auto r = request(registration(), o);
  for (auto name : {"Event", "Event-ID", "Delivery", "Retry-No", "Signature", "Signature-256"}) {
    EXPECT_NE(header(r, "X-Bank-" + std::string{name}), "-") << name;
    EXPECT_EQ(header(r, "X-Unblu-" + std::string{name}), "-") << name;
  }
  EXPECT_EQ(header(r, "User-Agent"), "Unblu-Hookshot");
  EXPECT_EQ(r.timeout, std::chrono::seconds{3});
  EXPECT_EQ(r.proxy, "http://proxy.example:3128");
}

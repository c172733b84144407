#include "belfry/io/web_push/answer.hpp"

#include <gtest/gtest.h>

namespace belfry::io::web_push {

namespace {

struct line {
  const char* host;
  int status;
  const char* body;
  action expected;
};

verdict read(const char* host, int status, const char* body = "", const char* retry_after = nullptr) {
  http_answer a;
  a.status = status;
  a.body = body;
  if (retry_after != nullptr)
    a.retry_after = retry_after;
  return read_answer(a, policy_of(host), 1'700'000'000'000);
}

TEST(WebPushAnswer, MeansWhatTheTableSays) {
  for (const auto& x : {
           line{"push.test", 201, "", action::accepted},
           line{"push.test", 200, "", action::accepted},
           line{"push.test", 202, "", action::accepted},
           line{"push.test", 400, "", action::our_mistake},
           line{"web.push.apple.com", 400, R"({"reason":"VapidPkHashMismatch"})", action::renew},
           line{"web.push.apple.com", 403, R"({"reason":"VapidPkHashMismatch"})", action::renew},
           line{"web.push.apple.com", 400, R"({"reason":"BadWebPushTopic"})", action::drop_topic},
           line{"web.push.apple.com", 403, R"({"reason":"BadJwtToken"})", action::stop},
           line{"push.test", 401, "", action::stop},
           line{"push.test", 403, "", action::stop},
           line{"fcm.googleapis.com", 403,
                "the VAPID credentials in the authorization header do not correspond to the credentials used to create "
                "the subscriptions.\n",
                action::renew},
           line{"push.test", 404, "", action::gone},
           line{"push.test", 410, "", action::gone},
           line{"db5.notify.windows.com", 406, "", action::slow_down},
           line{"push.test", 406, "", action::our_mistake},
           line{"push.test", 413, "", action::shrink},
           line{"push.test", 429, "", action::slow_down},
           line{"push.test", 500, "", action::later},
           line{"push.test", 503, "", action::later},
           line{"push.test", 301, "", action::refused},
           line{"push.test", 307, "<html>moved</html>", action::refused},
           line{"push.test", 408, "", action::later},
           line{"push.test", 425, "", action::later},
           line{"push.test", 422, "", action::our_mistake},
       })
    EXPECT_EQ(read(x.host, x.status, x.body).what, x.expected) << x.host << " " << x.status << " " << x.body;
}

TEST(WebPushAnswer, OfSomebodyOnTheWayIsNone) {
  for (const auto& x : {
           line{"push.test", 200, "\r\n<!DOCTYPE html><title>Sign in</title>", action::later},
           line{"push.test", 451, "<html>blocked</html>", action::later},
           line{"push.test", 201, "{}", action::accepted},
           line{"push.test", 400, "<html>UnauthorizedRegistration</html>", action::our_mistake},
           line{"push.test", 410, "<html>gone</html>", action::gone},
           line{"push.test", 413, "<html>too large</html>", action::shrink},
       })
    EXPECT_EQ(read(x.host, x.status, x.body).what, x.expected) << x.status << " " << x.body;
  EXPECT_EQ(read("push.test", 200, "<html>").why, "not_a_push_service");
}

TEST(WebPushAnswer, WaitsAsTold) {
  EXPECT_EQ(read("push.test", 429, "", " 120 ").wait, 120'000);
  EXPECT_EQ(read("push.test", 503, "", "7").wait, 7'000);
  EXPECT_EQ(read("push.test", 425, "", "7").wait, 7'000);
  EXPECT_EQ(read("push.test", 429, "", "soon").wait, std::nullopt);
  EXPECT_EQ(read("push.test", 429, "", "Wed, 01 Jan 2020 00:00:00 GMT").wait, 0);
}

TEST(WebPushServices, DifferAsTheirPoliciesSay) {
  EXPECT_FALSE(policy_of("fcm.googleapis.com").topic);
  EXPECT_FALSE(policy_of("web.push.apple.com").silent);
  EXPECT_TRUE(policy_of("web.push.apple.com").declarative);
  for (const auto* host :
       {"fcm.googleapis.com", "updates.push.services.mozilla.com", "x.notify.windows.com", "push.test"})
    EXPECT_FALSE(policy_of(host).declarative) << host;
  EXPECT_TRUE(policy_of("db5p.notify.windows.com").cache_policy);
  EXPECT_EQ(policy_of("updates.push.services.mozilla.com").who, service::mozilla);
  EXPECT_EQ(policy_of("push.apple.com.evil.test").who, service::unknown);
  EXPECT_EQ(policy_of("evilnotify.windows.com").who, service::unknown);
  for (const auto* host : {"fcm.googleapis.com", "updates.push.services.mozilla.com", "x.notify.windows.com"})
    EXPECT_LE(policy_of(host).plaintext_max, 2'800U);
  EXPECT_EQ(policy_of("push.test").plaintext_max, 2'048U);
}

TEST(WebPushServices, AreNamedByPatterns) {
  EXPECT_TRUE(matches_host("push.test", "PUSH.test"));
  EXPECT_TRUE(matches_host("*.push.test", "a.push.test"));
  EXPECT_FALSE(matches_host("*.push.test", "push.test"));
  EXPECT_FALSE(matches_host("*.push.test", "apush.test"));
}

} // namespace

} // namespace belfry::io::web_push

#include "belfry/io/apns/answer.hpp"

#include <gtest/gtest.h>

#include <set>

namespace belfry::io::apns {

namespace {

http_answer answer(int status, const std::string& body) {
  http_answer out;
  out.status = status;
  out.body = body;
  return out;
}

struct row {
  int status;
  const char* text;
  action what;
};

/// PROTOCOLS A-6, row by row.
constexpr row table[] = {
    {400, "BadDeviceToken", action::suspect},
    {400, "DeviceTokenNotForTopic", action::suspect},
    {400, "TopicDisallowed", action::suspect},
    {400, "BadCollapseId", action::our_mistake},
    {400, "BadExpirationDate", action::our_mistake},
    {400, "BadMessageId", action::our_mistake},
    {400, "BadPriority", action::our_mistake},
    {400, "BadTopic", action::our_mistake},
    {400, "InvalidPushType", action::our_mistake},
    {400, "PayloadEmpty", action::our_mistake},
    {400, "DuplicateHeaders", action::our_mistake},
    {400, "MissingTopic", action::our_mistake},
    {400, "MissingDeviceToken", action::our_mistake},
    {400, "IdleTimeout", action::again},
    {403, "ExpiredProviderToken", action::new_token},
    {403, "InvalidProviderToken", action::stop_app},
    {403, "MissingProviderToken", action::stop_app},
    {403, "BadCertificate", action::stop_app},
    {403, "BadCertificateEnvironment", action::stop_app},
    {403, "UnrelatedKeyIdInToken", action::stop_app},
    {403, "BadEnvironmentKeyIdInToken", action::stop_app},
    {403, "Forbidden", action::refused},
    {404, "BadPath", action::our_mistake},
    {405, "MethodNotAllowed", action::our_mistake},
    {410, "Unregistered", action::gone_before},
    {410, "ExpiredToken", action::gone},
    {413, "PayloadTooLarge", action::shrink},
    {429, "TooManyRequests", action::slow_down},
    {429, "TooManyProviderTokenUpdates", action::keep_token},
    {500, "InternalServerError", action::later},
    {503, "ServiceUnavailable", action::later},
    {503, "Shutdown", action::later},
};

TEST(ApnsAnswer, IsReadRowByRow) {
  std::set<reason> seen{reason::none, reason::unknown};
  for (const auto& r : table) {
    const auto v = read_answer(answer(r.status, std::string(R"({"reason":")") + r.text + R"("})"));
    EXPECT_EQ(v.what, r.what) << r.text;
    EXPECT_EQ(to_string(v.why), r.text);
    seen.insert(v.why);
  }
  EXPECT_EQ(seen.size(), static_cast<std::size_t>(reason_last) + 1) << "a reason is missing in the table";
}

TEST(ApnsAnswer, IsReadByItsStatusWhenTheReasonIsNotKnown) {
  const std::pair<int, action> rows[] = {
      {200, action::accepted}, {400, action::our_mistake}, {403, action::stop_app},  {404, action::our_mistake},
      {410, action::later},    {413, action::shrink},      {429, action::slow_down}, {500, action::later},
      {502, action::later},    {302, action::later}};
  for (auto [status, what] : rows) {
    for (auto body : {"", R"({"reason":"Novelty"})", R"({"reason":7})"})
      EXPECT_EQ(read_answer(answer(status, body)).what, what) << status << body;
    for (auto body : {"<html>", "[]"})
      EXPECT_EQ(read_answer(answer(status, body)).what, what == action::our_mistake ? action::later : what)
          << status << ": somebody on the way said " << body;
  }
}

TEST(ApnsAnswer, CarriesTheTimeSinceWhenTheTokenIsGone) {
  const auto v = read_answer(answer(410, R"({"reason":"Unregistered","timestamp":1700000000123})"));
  EXPECT_EQ(v.since, 1'700'000'000'123);
  EXPECT_FALSE(read_answer(answer(410, R"({"reason":"Unregistered"})")).since);
}

} // namespace

} // namespace belfry::io::apns

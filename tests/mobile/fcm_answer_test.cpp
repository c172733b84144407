#include "belfry/io/fcm/answer.hpp"

#include <gtest/gtest.h>

namespace belfry::io::fcm {

namespace {

constexpr millis now = 1'700'000'000'000;

http_answer answer(int status, const std::string& body, std::optional<std::string> retry_after = {}) {
  http_answer out;
  out.status = status;
  out.body = body;
  out.retry_after = std::move(retry_after);
  return out;
}

std::string error_body(const std::string& fcm_code, const std::string& message = "no") {
  return R"({"error":{"code":1,"message":")" + message + R"(","status":"X","details":[
    {"@type":"type.googleapis.com/google.rpc.BadRequest","errorCode":"UNREGISTERED"},
    {"@type":"type.googleapis.com/google.firebase.fcm.v1.FcmError","errorCode":")"
         + fcm_code + R"("}]}})";
}

struct row {
  int status;
  const char* text;
  action what;
  std::int64_t wait;
};

/// PROTOCOLS F-3, row by row.
constexpr row table[] = {
    {404, "UNREGISTERED", action::gone, 0},
    {403, "SENDER_ID_MISMATCH", action::foreign, 0},
    {400, "INVALID_ARGUMENT", action::suspect, 0},
    {429, "QUOTA_EXCEEDED", action::hold_project, 60'000},
    {503, "UNAVAILABLE", action::later, 10'000},
    {500, "INTERNAL", action::later, 10'000},
    {401, "THIRD_PARTY_AUTH_ERROR", action::lacks_key, 0},
};

TEST(FcmAnswer, IsReadRowByRow) {
  EXPECT_EQ(std::size(table) + 2, static_cast<std::size_t>(code_last) + 1) << "a code is missing in the table";
  for (const auto& r : table) {
    const auto v = read_answer(answer(r.status, error_body(r.text)), now);
    EXPECT_EQ(v.what, r.what) << r.text;
    EXPECT_EQ(to_string(v.why), r.text);
    EXPECT_EQ(v.wait, r.wait) << r.text;
  }
}

TEST(FcmAnswer, KeepsTheNameOfWhatWasAccepted) {
  const auto v = read_answer(answer(200, R"({"name":"projects/p/messages/1"})"), now);
  EXPECT_EQ(v.what, action::accepted);
  EXPECT_EQ(v.name, "projects/p/messages/1");
}

TEST(FcmAnswer, WaitsAsLongAsItIsTold) {
  EXPECT_EQ(read_answer(answer(429, error_body("QUOTA_EXCEEDED"), "7"), now).wait, 7'000);
  EXPECT_EQ(read_answer(answer(503, error_body("UNAVAILABLE"), "120"), now).wait, 120'000);
}

TEST(FcmAnswer, ABareNotFoundDeletesNothing) {
  const auto body = R"({"error":{"code":404,"status":"NOT_FOUND","message":"x"}})";
  EXPECT_EQ(read_answer(answer(404, body), now).what, action::our_mistake);
}

TEST(FcmAnswer, TellsCredentialsByTheStatus) {
  const auto body = R"({"error":{"code":401,"status":"UNAUTHENTICATED"}})";
  EXPECT_EQ(read_answer(answer(401, body), now).what, action::new_token);
  EXPECT_EQ(read_answer(answer(403, body), now).what, action::stop_project);
  EXPECT_EQ(read_answer(answer(401, error_body("NOVELTY")), now).what, action::new_token);
}

TEST(FcmAnswer, ShrinksWhatIsTooBig) {
  EXPECT_EQ(read_answer(answer(400, error_body("INVALID_ARGUMENT", "Android message is too big")), now).what,
            action::shrink);
}

TEST(FcmAnswer, IsNotMistakenForThatOfAnIntermediary) {
  for (auto body : {"", "<html>gateway</html>", "[]", "null", R"({"error":"text"})", R"({"error":{"details":7}})"}) {
    const auto v = read_answer(answer(502, body), now);
    EXPECT_TRUE(v.what == action::not_fcm || v.what == action::later) << body;
    EXPECT_EQ(v.wait, 10'000) << body;
  }
  EXPECT_EQ(read_answer(answer(404, "<html>"), now).what, action::not_fcm);
  EXPECT_EQ(read_answer(answer(200, "<html>"), now).what, action::not_fcm) << "nothing was delivered";
}

} // namespace

} // namespace belfry::io::fcm

#include "belfry/io/webhook/registration.hpp"

#include <gtest/gtest.h>

using namespace belfry;
using namespace belfry::io::webhooks;

namespace {

webhook full() {
  webhook w;
  w.id = "w1";
  w.name = "Gr\xc3\xbc\xc3\x9f"
           "e";
  w.description = "";
  w.endpoint = "https://host.example/hook?key=1";
  w.status = webhook_status::inactive_unavailable;
  w.secret = "whsec_x";
  w.previous_secret = std::string("old\0secret", 10);
  w.previous_secret_until = 1'700'000'000'000;
  w.events = {"ping", "push_notification.revoked_call"};
  w.version = 1ULL << 40;
  w.created_at = 1'600'000'000'001;
  w.modified_at = 1'600'000'000'002;
  w.failing_since = 1'600'000'000'003;
  w.failures = 3;
  return w;
}

} // namespace

TEST(RegistrationRow, ReadsBackEveryField) {
  EXPECT_EQ(decode(encode(full())), full());
  EXPECT_EQ(decode(encode(webhook{})), webhook{});
}

TEST(RegistrationRow, CutShortAnywhereIsNothing) {
  auto row = encode(full());
  for (std::size_t n = 0; n < row.size(); ++n)
    EXPECT_FALSE(decode(std::string_view{row}.substr(0, n))) << n;
}

TEST(RegistrationRow, WithSomethingBehindItIsNothing) {
  EXPECT_FALSE(decode(encode(full()) + "x"));
}

TEST(RegistrationRow, OfALaterVersionIsNothing) {
  auto row = encode(full());
  row[0] = 3;
  EXPECT_FALSE(decode(row));
}

TEST(RegistrationRow, OfTheFirstVersionHasNoCount) {
  auto w = full();
  w.failures = 0;
  auto row = encode(w);
  row[0] = 1;
  row.pop_back();
  EXPECT_EQ(decode(row), w);
}

TEST(RegistrationRow, OfAnUnknownStatusIsNothing) {
  auto w = full();
  w.status = static_cast<webhook_status>(3);
  EXPECT_FALSE(decode(encode(w)));
}

// What an embedder's struct can hold and no JSON.
#include "belfry/io/webhook/registration.hpp"

#include <gtest/gtest.h>

namespace belfry::io::webhooks {

namespace {

webhook_input well_formed() {
  webhook_input in;
  in.name = "crm";
  in.endpoint = "https://host.example/hook";
  in.events = {"push_notification.new_message"};
  return in;
}

std::vector<std::string> places(const webhook_input& in) {
  std::vector<std::string> out;
  for (const auto& p : check_input(in, {})) {
    EXPECT_FALSE(p.detail.empty());
    out.push_back(p.pointer);
  }
  return out;
}

using pointer_list = std::vector<std::string>;

} // namespace

TEST(RegistrationInput, HasAKnownStatus) {
  auto in = well_formed();
  in.status = webhook_status::inactive_unavailable;
  EXPECT_EQ(places(in), pointer_list{});
  in.status = static_cast<webhook_status>(3);
  EXPECT_EQ(places(in), pointer_list{"/status"});
  EXPECT_FALSE(create(in, "w", {}, options{}, 1));
  auto made = create(well_formed(), "w", {}, options{}, 1);
  ASSERT_TRUE(made);
  in.version = made->version;
  auto replaced = replace(*made, in, {}, options{}, 2);
  ASSERT_FALSE(replaced);
  EXPECT_EQ(replaced.error().code, ec::bad_input);
}

TEST(RegistrationInput, IsUtf8) {
  const std::string broken = "a\xff";
  auto in = well_formed();
  in.name = broken;
  in.description = broken;
  in.endpoint += broken;
  in.secret = broken;
  in.events = {broken};
  EXPECT_EQ(places(in), (pointer_list{"/name", "/description", "/endpoint", "/secret", "/events/0"}));
}

TEST(RegistrationInput, HasControlCharactersOnlyInTheDescriptionAndTheSecret) {
  const std::string controls = "a\r\nb";
  auto in = well_formed();
  in.description = controls;
  in.secret = controls;
  EXPECT_EQ(places(in), pointer_list{});
  in.name = controls;
  in.endpoint += controls;
  EXPECT_EQ(places(in), (pointer_list{"/name", "/endpoint"}));
}

TEST(RegistrationInput, HasAnEndpointThatEveryReaderTakesForTheSame) {
  auto in = well_formed();
  for (auto url : {"https:/host.example/", "https:///host.example/", "https://host.example\\@other.example/"}) {
    in.endpoint = url;
    EXPECT_EQ(places(in), pointer_list{"/endpoint"}) << url;
  }
}

TEST(RegistrationInput, IsNotToldOfEachOfAMillionNames) {
  auto in = well_formed();
  in.events.assign(1'000'000, "nonsense");
  EXPECT_LE(places(in).size(), 100U);
}

} // namespace belfry::io::webhooks

#include "belfry/tests/messages/samples.hpp"

#include "belfry/messages/validate.hpp"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <iostream>
#include <random>

namespace belfry {

namespace {

/// BELFRY_SEED repeats a run.
std::uint32_t seed() {
  const char* given = std::getenv("BELFRY_SEED");
  return given ? static_cast<std::uint32_t>(std::strtoul(given, nullptr, 10)) : 20'240'611u;
}

/// Changes a few bytes, or copies, drops or repeats a piece, as damaged or hostile hosts do.
std::string mutate(std::string x, std::mt19937& dice) {
  static const std::vector<std::string> pieces{"null",
                                               "\"\"",
                                               "{",
                                               "}",
                                               "[",
                                               "]",
                                               ",",
                                               ":",
                                               "\"",
                                               "\\",
                                               "1.5",
                                               "-1",
                                               "1e999",
                                               "true",
                                               "\n",
                                               "\\ud800",
                                               "\xff",
                                               "\xc2",
                                               "{\"",
                                               "\xed\xa0\x80",
                                               "\\u0000",
                                               "\"id\":\"x\",",
                                               "99999999999999999999",
                                               "[[[[[["};
  auto pick = [&](std::size_t n) { return n == 0 ? 0 : dice() % n; };
  if (pick(2) == 0 && !x.empty()) {
    x[pick(x.size())] = static_cast<char>('a' + pick(26));
    return x;
  }
  for (auto times = 1 + pick(3); times > 0; --times) {
    auto at = pick(x.size());
    auto length = std::min<std::size_t>(1 + pick(12), x.size() - at);
    switch (pick(5)) {
    case 0:
      x.erase(at, length);
      break;
    case 1:
      x.insert(at, pieces[pick(pieces.size())]);
      break;
    case 2:
      x.insert(pick(x.size()), x.substr(at, length));
      break;
    case 3:
      x.replace(at, length, pieces[pick(pieces.size())]);
      break;
    default:
      if (!x.empty())
        x[at] = static_cast<char>(dice());
    }
  }
  return x;
}

} // namespace

TEST(JsonFuzz, EachOfTwentyThousandMutationsIsReadOrNamed) {
  auto start = seed();
  std::cout << "seed " << start << '\n';
  std::mt19937 dice{start};
  std::size_t read = 0, refused = 0;
  for (int i = 0; i < 20'000; ++i) {
    const auto& all = samples::events();
    auto body = mutate(all[dice() % all.size()], dice);
    if (dice() % 4 == 0)
      body = "[" + body + "," + mutate(all[dice() % all.size()], dice) + "]";
    auto form = dice() % 4 == 0 ? body_form::ndjson : body_form::json;
    // The samples have line breaks between members.
    if (form == body_form::ndjson && dice() % 2 == 0)
      std::replace(body.begin(), body.end(), '\n', ' ');
    auto parsed = parse_events(body, form);
    if (!parsed) {
      ++refused;
      ASSERT_EQ(parsed.error().code, ec::bad_input);
      ASSERT_FALSE(parsed.error().problems.empty()) << body;
      for (const auto& p : parsed.error().problems) {
        ASSERT_FALSE(p.detail.empty()) << body;
        ASSERT_TRUE(p.pointer.empty() || p.pointer.front() == '/') << body;
      }
      continue;
    }
    ++read;
    // What was read keeps to the rules that embedders' structs are held to.
    for (const auto& x : parsed->events)
      ASSERT_TRUE(validate(x, 0, false).empty()) << body;
  }
  std::cout << read << " read, " << refused << " refused\n";
  EXPECT_GT(read, 500u);
  EXPECT_GT(refused, 5'000u);
}

TEST(JsonFuzz, OtherBodiesAreReadOrNamedToo) {
  auto start = seed();
  std::cout << "seed " << start << '\n';
  std::mt19937 dice{start};
  const std::string person = R"({"type":"AGENT","email":"a@b.c","locale":"de-CH","labels":["x"],"metadata":{"k":"v"}})";
  const std::string device = R"({"platform":"IOS","pushToken":"t","pushKitToken":"u","environment":"SANDBOX"})";
  const std::string hook = R"({"name":"n","endpoint":"https://a.example/x?y=z","events":["ping"],"version":3})";
  const std::string pause = R"({"mode":"ON","until":1700000000000})";
  const std::string reason = R"({"displayName":"Lunch","timeoutSeconds":60})";
  auto named = [](const auto& x) { return x || !x.error().problems.empty(); };
  for (int i = 0; i < 4'000; ++i) {
    ASSERT_TRUE(named(parse_profile(mutate(person, dice), "ann")));
    ASSERT_TRUE(named(parse_device(mutate(device, dice), "d")));
    ASSERT_TRUE(named(parse_webhook_input(mutate(hook, dice), webhook_method::put)));
    ASSERT_TRUE(named(parse_pause(mutate(pause, dice), 0)));
    ASSERT_TRUE(named(parse_pause_reason(mutate(reason, dice), "lunch")));
  }
}

TEST(JsonFuzz, TimeOfAnEventIsPrinted) {
  std::string one =
      R"({"type":"message.sent","id":"3f0c2a52-6f0e-4f0a-9a61-1f6f6c0b7f11","at":1700000000000,)"
      R"("conversation":"c-2d0b7a34-8a35-4c1c-8f3b-0a4d5d0c9f21","message":{"id":"m-00000000000000000042",)"
      R"("sender":"agent-000000000017","kind":"TEXT","text":"Good morning, your new card is on its way and )"
      R"(should reach you by Friday. Do tell us if it does not.","sentAt":1700000000000}})";
  one.insert(one.size() - 2, std::string(390 > one.size() ? 390 - one.size() : 0, ' '));
  std::string body = "[" + one;
  for (int i = 1; i < 1'000; ++i)
    body += "," + one;
  body += "]";
  auto best = std::chrono::nanoseconds::max();
  for (int i = 0; i < 5; ++i) {
    auto begin = std::chrono::steady_clock::now();
    auto parsed = parse_events(body, body_form::json);
    best = std::min(best, std::chrono::nanoseconds{std::chrono::steady_clock::now() - begin});
    ASSERT_TRUE(parsed);
    ASSERT_EQ(parsed->events.size(), 1'000u);
  }
  std::cout << best.count() / 1'000 << " ns per event of " << one.size() << " bytes\n";
}

} // namespace belfry

#include "http2_session_target.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <iostream>
#include <random>

namespace belfry::fuzz {

namespace {

constexpr int inputs = 20'000;
constexpr std::size_t frame_head = 9;

std::uint64_t seed() {
  const auto* given = std::getenv("BELFRY_SEED");
  const auto s = given != nullptr ? std::stoull(given) : std::random_device()();
  std::cout << "BELFRY_SEED=" << s << std::endl;
  return s;
}

std::vector<std::string> frames_of(std::string_view bytes) {
  std::vector<std::string> out;
  auto byte = [&](std::size_t i) { return static_cast<std::size_t>(static_cast<unsigned char>(bytes[i])); };
  while (bytes.size() >= frame_head) {
    const auto n = std::min(bytes.size(), frame_head + (byte(0) << 16 | byte(1) << 8 | byte(2)));
    out.emplace_back(bytes.substr(0, n));
    bytes.remove_prefix(n);
  }
  return out;
}

/// The frames of an honest server, some of them changed, moved, repeated or left out.
std::string spoil(std::vector<std::string> frames, std::mt19937_64& random) {
  auto any = [&] { return random() % frames.size(); };
  for (auto left = 1 + random() % 4; left > 0 && !frames.empty(); --left) {
    auto& f = frames[any()];
    switch (random() % 7) {
    case 0:
      f[random() % f.size()] = static_cast<char>(random());
      break;
    case 1:
      f[3] = static_cast<char>(random() % 12);
      break;
    case 2:
      f[4] = static_cast<char>(random());
      break;
    case 3:
      f[8] = static_cast<char>(random() % 32);
      break;
    case 4:
      std::swap(frames[any()], frames[any()]);
      break;
    case 5: {
      const auto copy = f;
      frames.insert(frames.begin() + static_cast<std::ptrdiff_t>(any()), 1 + random() % 20, copy);
      break;
    }
    default:
      frames.erase(frames.begin() + static_cast<std::ptrdiff_t>(any()));
    }
  }
  std::string out;
  for (const auto& f : frames)
    out += f;
  return out;
}

TEST(Http2Session, TakesWhatAnHonestServerSays) {
  const auto bytes = honest_server();
  EXPECT_GT(frames_of(bytes).size(), 20U);
  EXPECT_EQ(try_session(bytes), "");
}

TEST(Http2Session, EndsEveryRequestOnceWhateverTheServerSays) {
  std::mt19937_64 random(seed());
  const auto frames = frames_of(honest_server());
  for (int i = 0; i < inputs; ++i) {
    const auto bytes = spoil(frames, random);
    ASSERT_EQ(try_session(bytes), "") << "input " << i;
  }
}

TEST(Http2Session, EndsEveryRequestOnceOnNoise) {
  std::mt19937_64 random(seed());
  for (int i = 0; i < inputs / 10; ++i) {
    std::string bytes(random() % 500, '\0');
    for (auto& b : bytes)
      b = static_cast<char>(random());
    ASSERT_EQ(try_session(bytes), "") << "input " << i;
  }
}

} // namespace

} // namespace belfry::fuzz

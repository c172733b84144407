// Nothing that was acknowledged is lost, and nothing is told twice under two ids, in whatever way the process ends.
#include "host.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <iostream>

namespace belfry::test {

using namespace std::chrono_literals;

namespace {

constexpr int kills = 50;
constexpr int power_cuts = 20;
constexpr int rounds_between_comparisons = 10;

std::uint64_t seed() {
  const char* given = std::getenv("BELFRY_SEED");
  auto s = given ? std::stoull(given) : std::random_device{}();
  std::cout << "BELFRY_SEED=" << s << std::endl;
  return s;
}

/// One life in four ends while the engine is still recovering.
std::chrono::milliseconds some_life(host& h) {
  return std::chrono::milliseconds{h.below(4) == 0 ? h.below(60) : 60 + h.below(500)};
}

int some_power(host& h) {
  return static_cast<int>(h.below(4) == 0 ? h.below(30) : 30 + h.below(6000));
}

} // namespace

TEST(Crash, KillsAtRandomMomentsLoseNothing) {
  auto s = seed();
  SCOPED_TRACE("BELFRY_SEED=" + std::to_string(s));
  host h(s);
  for (int round = 1; round <= kills && !HasFailure(); ++round) {
    h.live_until_killed(some_life(h));
    if (round % rounds_between_comparisons == 0)
      h.settle();
  }
  std::cout << h.summary() << std::endl;
}

TEST(Crash, PowerCutsAtRandomMomentsLoseNothing) {
  auto s = seed();
  SCOPED_TRACE("BELFRY_SEED=" + std::to_string(s));
  host h(s);
  for (int round = 1; round <= power_cuts && !HasFailure(); ++round) {
    h.live_until_power_cut(some_power(h));
    if (round % rounds_between_comparisons == 0)
      h.settle();
  }
  std::cout << h.summary() << std::endl;
}

TEST(Crash, OrderlyStopsKeepEverything) {
  auto s = seed();
  SCOPED_TRACE("BELFRY_SEED=" + std::to_string(s));
  host h(s);
  for (int round = 1; round <= 5 && !HasFailure(); ++round)
    h.live_until_stopped(std::chrono::milliseconds{h.below(400)});
  h.settle();
  std::cout << h.summary() << std::endl;
}

} // namespace belfry::test

#include "belfry/tests/support/providers/fault_plan.hpp"

namespace belfry::test {

namespace {

/// splitmix64: a number for each place of a sequence, without a state.
std::uint64_t mix(std::uint64_t x) {
  x += 0x9e3779b97f4a7c15U;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9U;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebU;
  return x ^ (x >> 31);
}

/// From 0 to just under 1.
double share(std::uint64_t x) {
  return static_cast<double>(x >> 11) * 0x1.0p-53;
}

} // namespace

fault fault_plan::at(std::uint64_t number) const {
  const auto first = mix(mix(seed) ^ number);
  const auto second = mix(first);
  auto dice = share(first);
  if ((dice -= error) < 0 && !statuses.empty())
    return {fault::what::error, statuses[second % statuses.size()], {}};
  if ((dice -= hang) < 0)
    return {fault::what::hang, 0, {}};
  if ((dice -= delay) < 0)
    return {fault::what::delay, 0,
            std::chrono::milliseconds(
                static_cast<std::int64_t>(second % static_cast<std::uint64_t>(delay_max.count() + 1)))};
  if (dice - cut < 0)
    return {fault::what::cut, 0, {}};
  return {};
}

} // namespace belfry::test

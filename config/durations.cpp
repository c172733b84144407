#include "belfry/config/durations.hpp"

#include <array>
#include <charconv>

namespace belfry {

namespace {

struct unit {
  std::string_view name;
  std::int64_t millis;
};

/// From the largest to the smallest.
constexpr std::array<unit, 5> units{{{"d", 86'400'000}, {"h", 3'600'000}, {"m", 60'000}, {"s", 1'000}, {"ms", 1}}};

} // namespace

std::optional<duration> parse_duration(std::string_view text) {
  std::uint64_t number = 0;
  const auto end = text.data() + text.size();
  const auto [rest, ec] = std::from_chars(text.data(), end, number);
  if (ec != std::errc{})
    return std::nullopt;
  const std::string_view name{rest, static_cast<std::size_t>(end - rest)};
  if (name.empty())
    return number == 0 ? std::optional{duration::zero()} : std::nullopt;
  for (const auto& u : units) {
    if (u.name != name)
      continue;
    if (number > static_cast<std::uint64_t>(duration_max.count() / u.millis))
      return std::nullopt;
    return duration{static_cast<std::int64_t>(number) * u.millis};
  }
  return std::nullopt;
}

std::string duration_text(duration x) {
  if (x == duration::zero())
    return "0";
  for (const auto& u : units) {
    if (x.count() % u.millis == 0)
      return std::to_string(x.count() / u.millis) + std::string{u.name};
  }
  return std::to_string(x.count()) + "ms";
}

} // namespace belfry

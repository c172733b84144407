#include "belfry/io/outbound/retry_after.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <string>

namespace belfry::io {

namespace {

/// No form of a date is longer.
constexpr std::size_t date_length_max = 40;

std::string_view trim(std::string_view text) {
  auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos)
    return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

std::optional<unsigned> month_of(std::string_view name) {
  static constexpr std::array<std::string_view, 12> names{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                          "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  auto found = std::find(names.begin(), names.end(), name);
  if (found == names.end())
    return std::nullopt;
  return static_cast<unsigned>(found - names.begin()) + 1;
}

struct fields {
  int day = 0, year = 0, hour = 0, minute = 0, second = 0;
  char month[4] = {};
};

/// The whole of `text` in one of the three forms; the year as written.
std::optional<fields> read_date(const std::string& text) {
  fields x;
  int end = 0;
  auto all = [&](int read) { return read == 6 && end == static_cast<int>(text.size()); };
  if (all(std::sscanf(text.c_str(), "%*3[A-Za-z], %2d %3[A-Za-z] %4d %2d:%2d:%2d GMT%n", &x.day, x.month, &x.year,
                      &x.hour, &x.minute, &x.second, &end)))
    return x;
  end = 0;
  if (all(std::sscanf(text.c_str(), "%*9[A-Za-z], %2d-%3[A-Za-z]-%2d %2d:%2d:%2d GMT%n", &x.day, x.month, &x.year,
                      &x.hour, &x.minute, &x.second, &end)))
    return x;
  end = 0;
  if (all(std::sscanf(text.c_str(), "%*3[A-Za-z] %3[A-Za-z] %2d %2d:%2d:%2d %4d%n", x.month, &x.day, &x.hour, &x.minute,
                      &x.second, &x.year, &end)))
    return x;
  return std::nullopt;
}

/// RFC 9110, 5.6.7: a two-digit year that seems more than 50 years ahead is the past one with the same digits.
int full_year(int year, millis now) {
  if (year >= 100)
    return year;
  using namespace std::chrono;
  auto today = floor<days>(sys_time<milliseconds>{milliseconds{now}});
  auto present = static_cast<int>(year_month_day{today}.year());
  auto full = present - present % 100 + year;
  return full > present + 50 ? full - 100 : full;
}

std::optional<millis> time_of(const fields& x, millis now) {
  using namespace std::chrono;
  auto month = month_of(x.month);
  if (!month || x.day < 1 || x.year < 0 || x.hour < 0 || x.hour > 23 || x.minute < 0 || x.minute > 59 || x.second < 0
      || x.second > 60)
    return std::nullopt;
  year_month_day date{std::chrono::year{full_year(x.year, now)}, std::chrono::month{*month},
                      std::chrono::day{static_cast<unsigned>(x.day)}};
  if (!date.ok())
    return std::nullopt;
  auto at = sys_days{date} + hours{x.hour} + minutes{x.minute} + seconds{x.second};
  return duration_cast<milliseconds>(at.time_since_epoch()).count();
}

std::optional<std::int64_t> read_seconds(std::string_view text) {
  if (text.find_first_not_of("0123456789") != std::string_view::npos)
    return std::nullopt;
  std::int64_t x = 0;
  auto read = std::from_chars(text.data(), text.data() + text.size(), x);
  if (read.ec == std::errc::result_out_of_range)
    return retry_after_max;
  return std::min(x, retry_after_max / 1000) * 1000;
}

} // namespace

std::optional<std::int64_t> parse_retry_after(std::string_view text, millis now) {
  text = trim(text);
  if (text.empty() || text.size() > 4 * date_length_max)
    return std::nullopt;
  if (auto x = read_seconds(text))
    return x;
  if (text.size() > date_length_max)
    return std::nullopt;
  auto date = read_date(std::string{text});
  auto at = date ? time_of(*date, now) : std::nullopt;
  if (!at)
    return std::nullopt;
  return std::clamp<std::int64_t>(*at - now, 0, retry_after_max);
}

} // namespace belfry::io

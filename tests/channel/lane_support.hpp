#pragma once

#include "belfry/actors/channel/lane.hpp"

#include <string>
#include <vector>

/// Words to speak about lanes in tests.
namespace belfry::test {

constexpr engine_time life = 86'400'000;

/// The id whose first bytes are `n`.
inline notification_id id_of(std::uint64_t n) {
  notification_id id;
  for (std::size_t i = 0; i < 8; ++i)
    id.bytes[i] = static_cast<std::uint8_t>(n >> (8 * i));
  return id;
}

inline std::uint64_t number_of(const notification_id& id) {
  std::uint64_t n = 0;
  for (std::size_t i = 0; i < 8; ++i)
    n |= std::uint64_t{id.bytes[i]} << (8 * i);
  return n;
}

/// Delivery number `n` (its seq as well) of `k` to `key`; the person is called like the key.
inline queued item(std::uint64_t n, std::string key, kind k = kind::new_message, engine_time expires = life) {
  queued q;
  q.delivery = q.notification = id_of(n);
  q.seq = n;
  q.person = key;
  q.conversation = "c";
  q.key = std::move(key);
  q.kind = k;
  q.expires = expires;
  return q;
}

/// Message `n` with a key of its own.
inline queued message(std::uint64_t n) {
  return item(n, "a" + std::to_string(n));
}
inline queued call(std::uint64_t n) {
  return item(n, "a" + std::to_string(n), kind::incoming_call);
}

inline outcome accepted() {
  return {outcome::verdict::accepted, reason::sent, 200, "", {}, false};
}
inline outcome failed(std::optional<std::int64_t> retry_after = {}) {
  return {outcome::verdict::again, reason::http_status, 500, "", retry_after, false};
}
inline outcome throttled(std::optional<std::int64_t> retry_after = {}) {
  return {outcome::verdict::again, reason::http_status, 429, "", retry_after, true};
}

inline std::vector<std::uint64_t> numbers(const std::vector<queued>& items) {
  std::vector<std::uint64_t> out;
  for (const auto& q : items)
    out.push_back(number_of(q.delivery));
  return out;
}

using numbered = std::vector<std::uint64_t>;
using said = submission::verdict;

/// Dice that move no wait.
constexpr double even = 0.5;

inline lane_options no_jitter(lane_options o = {}) {
  o.retry.jitter = 0;
  return o;
}

} // namespace belfry::test

#pragma once

#include "belfry/config/options.hpp"
#include "belfry/io/ports.hpp"
#include "belfry/messages/webhook.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace belfry::bench {

/// The webhook channel of an engine by itself: the real actor with its lanes, codec and HTTP client. Where the engine
/// has persons it has one actor that clears every attempt and counts what became of it.
class channel_desk {
public:
  channel_desk(const options& o, const webhook& registration, std::vector<notification> notifications);
  ~channel_desk();
  channel_desk(const channel_desk&) = delete;
  channel_desk& operator=(const channel_desk&) = delete;

  /// Hands the next delivery to the channel.
  void submit_next();
  /// Deliveries that came to an end.
  std::uint64_t ended() const;
  /// Of these, not accepted.
  std::uint64_t failed() const;

private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

} // namespace belfry::bench

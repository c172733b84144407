#pragma once

#include "belfry/io/crypto/p256.hpp"
#include "belfry/messages/ids.hpp"

#include <cstdint>
#include <string>

namespace belfry::io::apns {

/// The token of a team's key (PROTOCOLS A-5): made anew after 50 minutes, at Apple's demand earlier, but never twice in
/// 20 minutes. One for all apps and connections of the team; used by one thread at a time.
class provider_token {
public:
  static constexpr millis renew_after = 50 * 60 * 1000;
  static constexpr millis renew_min = 20 * 60 * 1000;
  /// Refused for so long, while none is accepted, the token at hand is not what time heals.
  static constexpr millis doubt_max = 5'000;

  provider_token(crypto::p256_key key, std::string key_id, std::string team_id);

  /// "bearer <token>".
  const std::string& authorization(millis now);
  enum class advice : std::uint8_t {
    /// With `authorization`, which is another one now.
    resend,
    /// It was made so lately that another one would be one too many: it may be good for others, or soon.
    wait,
    /// The same, and for longer than a moment: key or clock are wrong.
    stop,
  };

  /// Apple called `used` expired.
  advice expired(const std::string& used, millis now);
  /// Apple saw too many tokens when `used` came: none is made for 20 minutes, and the one before it, if it is good
  /// still, takes its place. Never `stop`.
  advice too_many(const std::string& used, millis now);
  /// Apple took `used`.
  void accepted() { doubted_at_ = 0; }

private:
  /// Apple takes a token for so long.
  static constexpr millis life = 60 * 60 * 1000;

  void make(millis now);
  bool may_make(millis now) const;
  advice doubt(millis now);

  crypto::p256_key key_;
  std::string key_id_;
  std::string team_id_;
  std::string authorization_;
  millis made_at_ = 0;
  std::string former_;
  millis former_made_at_ = 0;
  /// When the one at hand was refused first since it was accepted last; 0: it was not.
  millis doubted_at_ = 0;
  millis not_before_ = 0;
};

} // namespace belfry::io::apns

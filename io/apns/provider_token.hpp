#pragma once

#include "belfry/io/crypto/p256.hpp"
#include "belfry/messages/ids.hpp"

#include <optional>
#include <string>

namespace belfry::io::apns {

/// The token of a team's key (PROTOCOLS A-5): made anew after 50 minutes, at Apple's demand earlier, but never twice in
/// 20 minutes. Shared by all that push for the team; used by one thread at a time.
class provider_token {
public:
  static constexpr millis renew_after = 50 * 60 * 1000;
  static constexpr millis renew_min = 20 * 60 * 1000;

  provider_token(crypto::p256_key key, std::string key_id, std::string team_id);

  /// "bearer <token>".
  const std::string& authorization(millis now);
  /// Apple called `used` expired. True: the next one is new, or is already; false: it was made so lately that another
  /// one would be one too many.
  bool expired(const std::string& used, millis now);
  /// Apple saw too many tokens: none is made for 20 minutes.
  void too_many(millis now);
  /// Another key: its token is made at once, whatever became of the former.
  void replace(crypto::p256_key key, std::string key_id, std::string team_id);

private:
  void make(millis now);
  bool may_make(millis now) const;

  crypto::p256_key key_;
  std::string key_id_;
  std::string team_id_;
  std::string authorization_;
  millis made_at_ = 0;
  millis not_before_ = 0;
};

} // namespace belfry::io::apns

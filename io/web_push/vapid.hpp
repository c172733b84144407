#pragma once

#include "belfry/io/crypto/p256.hpp"
#include "belfry/messages/ids.hpp"

#include <map>
#include <string>
#include <string_view>

/// Who sends (RFC 8292): a signed token per origin. Pure.
namespace belfry::io::web_push {

/// "https://host", with the port unless it is the default one, of an endpoint; "" if it is no URL of http or https.
std::string origin_of(std::string_view endpoint);

/// Makes the Authorization header for pushes with one key. A token is good for twelve hours, kept per origin, and made
/// anew at half of its life. Used by one thread at a time.
class vapid_signer {
public:
  static constexpr millis life = 12 * 3'600 * 1'000;
  /// Origins whose tokens are kept; beyond it all are forgotten, and made again when they are needed.
  static constexpr std::size_t origins_max = 10'000;

  /// `subject`: mailto: or https:, as `webPush.subject` has it.
  vapid_signer(crypto::p256_key key, std::string subject);

  /// base64url of the public key: what pages subscribe with, and what a subscription remembers.
  const std::string& public_key() const { return public_key_; }
  /// "vapid t=<token>, k=<key>".
  const std::string& authorization(const std::string& origin, millis now);
  /// The service refused the token (401, 403): the next one is new.
  void forget(const std::string& origin);

private:
  struct token {
    std::string header;
    millis made_at = 0;
  };

  std::string make(const std::string& origin, millis now) const;

  crypto::p256_key key_;
  std::string subject_, public_key_;
  std::map<std::string, token> tokens_;
};

} // namespace belfry::io::web_push

#pragma once

#include "belfry/io/crypto/digest.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace belfry::io::webhooks {

/// The key of a Standard Webhooks signature: what stands in base64 (with or without padding) after "whsec_", or the
/// bytes of the secret when it has not that form.
std::string signing_key(std::string_view secret);

/// False: the secret begins with "whsec_" but what follows is no base64, so that no receiver could use it.
bool is_usable_secret(std::string_view secret);

/// `webhook-signature` for one secret: "v1," and the base64 of HMAC-SHA256 over id, dot, seconds, dot, body.
std::string standard_signature(std::string_view secret, std::string_view id, std::int64_t seconds,
                               std::string_view body);

/// Makes the signatures of SPEC 8 with one secret. Used by one thread at a time.
class signer {
public:
  explicit signer(std::string secret);

  const std::string& secret() const { return secret_; }
  /// Hex of HMAC-SHA1 over the body; the key is the secret as it is written.
  std::string sha1(std::string_view body);
  /// Hex of HMAC-SHA256 over the body; the key is the secret as it is written.
  std::string sha256(std::string_view body);
  /// As `standard_signature`.
  std::string standard(std::string_view id, std::int64_t seconds, std::string_view body);

private:
  std::string secret_;
  crypto::hmac_key sha1_, sha256_, standard_;
};

/// The signers of one registration; each is made when it is first needed and again when its secret has changed.
class signers {
public:
  signer& current(const std::string& secret) { return in(current_, secret); }
  signer& previous(const std::string& secret) { return in(previous_, secret); }

private:
  static signer& in(std::optional<signer>& place, const std::string& secret);

  std::optional<signer> current_, previous_;
};

} // namespace belfry::io::webhooks

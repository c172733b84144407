#pragma once

#include "belfry/io/crypto/rsa.hpp"
#include "belfry/io/ports.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

/// Who may send for a Firebase project (PROTOCOLS F-2); pure.
namespace belfry::io::fcm {

/// What of a service account's JSON counts.
struct service_account {
  std::string project_id;
  std::string client_email;
  std::string key_id;
  std::string token_uri;
  crypto::rsa_key key;
};

/// Nothing when the JSON lacks one of them, or the key is no RSA key.
std::optional<service_account> read_service_account(std::string_view json);

/// The request for an access token: an assertion (RS256) that is good for an hour.
http_request token_request(const service_account& account, millis now);

/// The access token of a project, fetched by whoever is told to. Shared by all that push for the project; used by one
/// thread at a time.
///
///     none --next--> fetching --fetched--> valid --old, refused--> fetching
///                       +------failed------> none, not before a while
class access_token {
public:
  /// What somebody who wants to push does.
  enum class step : std::uint8_t {
    /// Push, with `authorization`.
    use,
    /// Fetch a token and say how that went; until then others `wait`, or `use` the old one while it is good.
    fetch,
    /// Ask again at `ready_at`.
    wait,
  };

  step next(millis now);
  /// Somebody fetches one.
  bool fetching() const { return fetching_; }
  /// "Bearer <token>".
  const std::string& authorization() const { return authorization_; }
  /// When to ask again after `wait`.
  millis ready_at(millis now) const;

  /// The answer to a token request. False: it brought no token, and the next is not fetched for a while.
  bool fetched(const http_answer& a, millis now);
  /// FCM refused the token `used` (401). True: the next one will be new; false: it was new, and another one will not
  /// help.
  bool refused(const std::string& used, millis now);
  /// FCM took a push with the token: a later refusal is news.
  void accepted() { fresh_ = false; }

private:
  std::string authorization_;
  millis fetched_at_ = 0;
  millis good_until_ = 0;
  bool fetching_ = false;
  /// Of a token that was just fetched, nobody knows yet whether it is any good.
  bool fresh_ = false;
  /// After a failure nobody fetches before this.
  millis retry_at_ = 0;
  int failures_ = 0;
};

} // namespace belfry::io::fcm

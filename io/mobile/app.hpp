#pragma once

#include "belfry/config/options.hpp"
#include "belfry/io/apns/provider_token.hpp"
#include "belfry/io/apns/request.hpp"
#include "belfry/io/fcm/access_token.hpp"
#include "belfry/io/fcm/request.hpp"
#include "belfry/io/mobile/guard.hpp"
#include "belfry/messages/error.hpp"

#include <deque>
#include <optional>
#include <string>

namespace belfry::io::mobile {

/// Which tokens of one app and environment are under suspicion, and which were given up since (guard.hpp).
class suspicion {
public:
  enum class verdict : std::uint8_t {
    /// It may be the configuration: the token stays.
    keep,
    /// The same, and from now on the configuration is suspected: an alarm.
    alarm,
    /// Others were accepted meanwhile: the token is dead.
    give_up,
  };

  verdict refused(const std::string& token);
  void accepted();

private:
  /// Given up and not seen since; the oldest are forgotten.
  static constexpr std::size_t given_up_max = 1'000;

  deletion_guard guard_;
  std::deque<std::string> given_up_;
};

/// What an app needs for Android, and for iPhones by way of FCM.
struct fcm_access {
  fcm::app_settings settings;
  fcm::service_account account;
  fcm::access_token token;
  suspicion suspects;
};

/// What it needs for iPhones.
struct apns_access {
  apns::app_settings settings;
  apns::provider_token token;
  suspicion production, sandbox;

  suspicion& of(device_environment x) { return x == device_environment::sandbox ? sandbox : production; }
};

/// The credentials of one app and how they fare; used by one thread at a time.
struct app {
  std::optional<fcm_access> fcm;
  std::optional<apns_access> apns;
};

/// ec::bad_input: a credential cannot be used; `at` names where it stands ("mobile", "mobile.apps[0]").
result<app> make_app(const std::string& at, const mobile_options& o, const fcm_options& fcm, const apns_options& apns,
                     const std::string& collapse_key);

} // namespace belfry::io::mobile

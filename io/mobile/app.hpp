#pragma once

#include "belfry/config/options.hpp"
#include "belfry/io/apns/provider_token.hpp"
#include "belfry/io/apns/request.hpp"
#include "belfry/io/fcm/access_token.hpp"
#include "belfry/io/fcm/request.hpp"
#include "belfry/io/mobile/guard.hpp"
#include "belfry/messages/error.hpp"

#include <array>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace belfry::io::mobile {

/// The access token of a service account, shared by all apps that push with it, and who waits for it to be fetched.
struct fcm_login {
  fcm::service_account account;
  fcm::access_token token = {};
  std::vector<std::function<void()>> waiting = {};
};

/// What an app needs for Android, and for iPhones by way of FCM.
struct fcm_access {
  fcm::app_settings settings;
  /// One for each project and account: they share a quota and what becomes of the credentials.
  std::string lane;
  std::shared_ptr<fcm_login> login;
  /// A payload may be what is bad, so that it takes more to give a token up.
  deletion_guard suspects{2};
  /// Tokens that were called another project's since one was accepted.
  std::size_t foreign = 0;
};

/// What it needs for iPhones.
struct apns_access {
  apns::app_settings settings;
  /// One for each team and key (PROTOCOLS A-5).
  std::shared_ptr<apns::provider_token> token;
  /// By environment, and for the topics of alerts and of VoIP pushes.
  std::array<std::array<deletion_guard, 2>, 2> suspects;

  deletion_guard& of(device_environment x, bool voip) {
    return suspects[x == device_environment::sandbox ? 1 : 0][voip ? 1 : 0];
  }
};

/// The credentials of one app and how they fare; used by one thread at a time.
struct app {
  std::optional<fcm_access> fcm;
  std::optional<apns_access> apns;
};

/// By their names.
using app_map = std::map<std::string, app>;

/// ec::bad_input: a credential cannot be used; the error names where it stands ("mobile", "mobile.apps[0]").
result<app_map> make_apps(const mobile_options& o, const std::string& collapse_key);

/// An app whose team, bundle or Firebase project is another one in `now`, and which has credentials in both; "": none.
std::string moved_app(const mobile_options& before, const mobile_options& now);

/// Takes over the credentials of `fresh` that are not those of before: what was made of the others stays in use. Which
/// credentials an app has stays as it was.
void replace_credentials(app_map& apps, const mobile_options& before, app_map fresh, const mobile_options& now);

} // namespace belfry::io::mobile

#include "belfry/io/mobile/app.hpp"

#include <tuple>
#include <utility>

namespace belfry::io::mobile {

namespace {

/// What several apps have in common, while they are made.
struct shared_credentials {
  std::map<std::string, std::shared_ptr<fcm_login>> logins;
  std::map<std::pair<std::string, std::string>, std::shared_ptr<apns::provider_token>> tokens;
};

result<app> make_app(const std::string& at, const mobile_options& o, const fcm_options& fcm, const apns_options& apns,
                     const std::string& collapse_key, shared_credentials& shared) {
  app out;
  const apns::app_settings apple{apns.bundle_id, apns.team_id, o.apns_production, o.apns_sandbox, collapse_key,
                                  o.replace_messages};
  if (!fcm.service_account_key.empty()) {
    auto& login = shared.logins[fcm.service_account_key.value];
    if (!login) {
      auto account = fcm::read_service_account(fcm.service_account_key.value);
      if (!account)
        return error{ec::bad_input, at + ".fcm.serviceAccountKey: not a service account with an RSA key", {}};
      login = std::make_shared<fcm_login>(fcm_login{std::move(*account)});
    }
    const auto lane = "fcm/" + fcm.project_id + "/" + login->account.client_email;
    out.fcm.emplace(fcm_access{{fcm.project_id, o.fcm_endpoint, apple, collapse_key}, lane, login});
  }
  if (!apns.key.empty()) {
    auto key = crypto::p256_key::from_text(apns.key.value);
    if (!key)
      return error{ec::bad_input, at + ".apns.key: not a P-256 key", {}};
    auto& token = shared.tokens[{apns.team_id, apns.key_id}];
    if (!token)
      token = std::make_shared<apns::provider_token>(std::move(*key), apns.key_id, apns.team_id);
    out.apns.emplace(apns_access{apple, token, {}});
  }
  return out;
}

/// The options of each app, by its name.
std::map<std::string, std::pair<fcm_options, apns_options>> options_of(const mobile_options& o) {
  std::map<std::string, std::pair<fcm_options, apns_options>> out;
  out["default"] = {o.fcm, o.apns};
  for (const auto& a : o.apps)
    out[a.app] = {a.fcm, a.apns};
  return out;
}

} // namespace

result<app_map> make_apps(const mobile_options& o, const std::string& collapse_key) {
  app_map apps;
  shared_credentials shared;
  auto add = [&](const std::string& name, const std::string& at, const fcm_options& fcm,
                 const apns_options& apns) -> result<success> {
    auto made = make_app(at, o, fcm, apns, collapse_key, shared);
    if (!made)
      return made.error();
    apps.insert_or_assign(name, std::move(*made));
    return success{};
  };
  auto ok = add("default", "mobile", o.fcm, o.apns);
  for (std::size_t i = 0; ok && i < o.apps.size(); ++i)
    ok = add(o.apps[i].app, "mobile.apps[" + std::to_string(i) + "]", o.apps[i].fcm, o.apps[i].apns);
  if (!ok)
    return ok.error();
  // The app "default" may stand in the list instead.
  if (auto i = apps.find("default"); i != apps.end() && !i->second.fcm && !i->second.apns)
    apps.erase(i);
  return apps;
}

std::string moved_app(const mobile_options& before, const mobile_options& now) {
  const auto after = options_of(now);
  for (const auto& [name, old] : options_of(before)) {
    const auto i = after.find(name);
    if (i == after.end())
      continue;
    const auto& [fcm, apns] = i->second;
    const auto both = [](const auto& a, const auto& b) { return !a.empty() && !b.empty(); };
    if ((both(old.first.service_account_key, fcm.service_account_key) && old.first.project_id != fcm.project_id)
        || (both(old.second.key, apns.key)
            && std::tie(old.second.team_id, old.second.bundle_id) != std::tie(apns.team_id, apns.bundle_id)))
      return name == "default" ? "mobile" : "mobile.apps, " + name;
  }
  return {};
}

void replace_credentials(app_map& apps, const mobile_options& before, app_map fresh, const mobile_options& now) {
  auto old_options = options_of(before);
  auto new_options = options_of(now);
  for (auto& [name, a] : apps) {
    auto i = fresh.find(name);
    if (i == fresh.end())
      continue;
    const auto& [old_fcm, old_apns] = old_options[name];
    const auto& [new_fcm, new_apns] = new_options[name];
    if (a.fcm && i->second.fcm && old_fcm.service_account_key != new_fcm.service_account_key)
      a.fcm->login = i->second.fcm->login;
    if (a.apns && i->second.apns && old_apns != new_apns)
      a.apns->token = i->second.apns->token;
  }
}

} // namespace belfry::io::mobile

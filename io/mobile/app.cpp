#include "belfry/io/mobile/app.hpp"

#include <algorithm>

namespace belfry::io::mobile {

suspicion::verdict suspicion::refused(const std::string& token) {
  auto i = std::find(given_up_.begin(), given_up_.end(), token);
  if (i != given_up_.end()) {
    given_up_.erase(i);
    return verdict::give_up;
  }
  return guard_.refused(token) ? verdict::alarm : verdict::keep;
}

void suspicion::accepted() {
  for (auto& token : guard_.accepted())
    given_up_.push_back(std::move(token));
  while (given_up_.size() > given_up_max)
    given_up_.pop_front();
}

result<app> make_app(const std::string& at, const mobile_options& o, const fcm_options& fcm, const apns_options& apns,
                     const std::string& collapse_key) {
  app out;
  const apns::app_settings apple{apns.bundle_id, apns.team_id, o.apns_production, o.apns_sandbox, collapse_key};
  if (!fcm.service_account_key.empty()) {
    auto account = fcm::read_service_account(fcm.service_account_key.value);
    if (!account)
      return error{ec::bad_input, at + ".fcm.serviceAccountKey: not a service account with an RSA key", {}};
    out.fcm.emplace(fcm_access{{fcm.project_id, o.fcm_endpoint, apple, collapse_key}, std::move(*account), {}, {}});
  }
  if (!apns.key.empty()) {
    auto key = crypto::p256_key::from_text(apns.key.value);
    if (!key)
      return error{ec::bad_input, at + ".apns.key: not a P-256 key", {}};
    out.apns.emplace(apns_access{apple, {std::move(*key), apns.key_id, apns.team_id}, {}, {}});
  }
  return out;
}

} // namespace belfry::io::mobile

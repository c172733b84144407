#include "belfry/io/web_push/services.hpp"

#include "belfry/messages/ascii.hpp"

#include <algorithm>
#include <array>

namespace belfry::io::web_push {

namespace {

// Firefox for Android takes 2,744 bytes of data, Chrome and Edge 4,096 in all.
constexpr std::array<service_policy, 5> policies{{
    {service::fcm, "fcm.googleapis.com", false, 2'800, true, false, false, false},
    {service::mozilla, "*.push.services.mozilla.com", true, 2'700, true, false, false, false},
    {service::wns, "*.notify.windows.com", true, 2'800, true, true, true, false},
    {service::apple, "*.push.apple.com", true, 2'800, false, false, false, true},
    {service::unknown, "", true, 2'048, true, false, false, false},
}};

} // namespace

bool matches_host(std::string_view pattern, std::string_view host) {
  if (!pattern.starts_with("*."))
    return same_but_for_case(pattern, host);
  pattern.remove_prefix(1);
  return host.size() > pattern.size() && same_but_for_case(host.substr(host.size() - pattern.size()), pattern);
}

const service_policy& policy_of(std::string_view host) {
  const auto found = std::find_if(policies.begin(), policies.end() - 1,
                                  [&](const service_policy& p) { return matches_host(p.host, host); });
  return *found;
}

} // namespace belfry::io::web_push

#include "belfry/actors/person/subscriptions.hpp"

#include "belfry/messages/people.hpp"

#include <algorithm>

namespace belfry {

std::string endpoint_token(std::string_view endpoint) {
  return derive_token_key("webPush", endpoint);
}

web_push_subscription* find_subscription(std::vector<web_push_subscription>& list, std::string_view id) {
  auto i = std::find_if(list.begin(), list.end(), [&](const web_push_subscription& s) { return s.stands_for(id); });
  return i == list.end() ? nullptr : &*i;
}

namespace {

/// What waits for `old` goes to `fresh` from now on.
void take_over(web_push_subscription& fresh, const web_push_subscription& old) {
  auto add = [&](const subscription_id& id) {
    if (!fresh.stands_for(id))
      fresh.former.push_back(id);
  };
  for (const auto& id : old.former)
    add(id);
  add(old.id);
  if (fresh.former.size() > former_subscriptions_max)
    fresh.former.erase(fresh.former.begin(), fresh.former.end() - former_subscriptions_max);
}

} // namespace

web_push_subscription& store_subscription(std::vector<web_push_subscription>& list, const subscription_input& in,
                                          web_push_subscription fresh) {
  auto same =
      std::find_if(list.begin(), list.end(), [&](const web_push_subscription& s) { return s.endpoint == in.endpoint; });
  if (same != list.end()) {
    fresh.id = same->id;
    if (same->p256dh == in.p256dh && same->auth == in.auth && same->vapid_key == fresh.vapid_key) {
      // The page makes sure of what it has: nothing of it begins anew.
      fresh.secret = same->secret;
      fresh.created_at = same->created_at;
      fresh.state = same->state;
      fresh.proven_at = same->proven_at;
      fresh.next_at = same->next_at;
      fresh.check = same->check;
    }
  }
  fresh.endpoint = in.endpoint;
  fresh.p256dh = in.p256dh;
  fresh.auth = in.auth;
  fresh.install_id = in.install_id;
  std::erase_if(list, [&](const web_push_subscription& s) {
    const bool replaced = s.endpoint == in.endpoint || s.install_id == in.install_id || s.id == in.replaces;
    if (replaced)
      take_over(fresh, s);
    return replaced;
  });
  if (list.size() >= subscriptions_max) {
    auto known_good = [](const web_push_subscription& s) { return std::max(s.proven_at, s.created_at); };
    list.erase(std::min_element(list.begin(), list.end(),
                                [&](const auto& a, const auto& b) { return known_good(a) < known_good(b); }));
  }
  list.push_back(std::move(fresh));
  return list.back();
}

bool take_endpoint(std::vector<web_push_subscription>& list, std::string_view token, std::uint64_t claim) {
  return std::erase_if(
             list,
             [&](const web_push_subscription& s) { return s.claim < claim && endpoint_token(s.endpoint) == token; })
         > 0;
}

bool drop_dead_subscription(std::vector<web_push_subscription>& list, std::string_view id, std::string_view key) {
  return std::erase_if(
             list,
             [&](const web_push_subscription& s) { return s.stands_for(id) && derive_subscription_key(s) == key; })
         > 0;
}

std::vector<io::token_claim> endpoint_claims(const std::vector<web_push_subscription>& list) {
  std::vector<io::token_claim> out;
  out.reserve(list.size());
  for (const auto& s : list)
    out.push_back({endpoint_token(s.endpoint), s.claim});
  return out;
}

} // namespace belfry

#pragma once

#include "belfry/io/ports.hpp"
#include "belfry/messages/web_push.hpp"

#include <string>
#include <string_view>
#include <vector>

/// The web-push subscriptions of one person (SPEC 11, PROTOCOLS WP-12): pure.
namespace belfry {

/// Beyond it the one that was longest not proven goes.
constexpr std::size_t subscriptions_max = 20;

/// So many ids of subscriptions that it took the place of are remembered, the newest.
constexpr std::size_t former_subscriptions_max = 4;

/// Stores what a page made: in place of the one with its endpoint (which keeps its id, and its secret if the keys are
/// the same), of the one of its install id, and of `replaces`. What waits for those goes to it. `fresh` brings id,
/// secret, key, time and claim. Returns the stored one.
web_push_subscription& store_subscription(std::vector<web_push_subscription>& list, const subscription_input& in,
                                          web_push_subscription fresh);

/// Drops whoever has this endpoint (a `token_claim`) by a claim older than `claim`. False: none has.
bool take_endpoint(std::vector<web_push_subscription>& list, std::string_view token, std::uint64_t claim);

/// Drops the subscription if endpoint and keys are still those of `key` (`derive_subscription_key`): somebody's answer
/// says that it is gone. False: it is not there any more, or another one.
bool drop_dead_subscription(std::vector<web_push_subscription>& list, std::string_view id, std::string_view key);

/// The subscription of that id, or the one that took its place; nullptr: there is none.
web_push_subscription* find_subscription(std::vector<web_push_subscription>& list, std::string_view id);

/// What a person with these subscriptions claims.
std::vector<io::token_claim> endpoint_claims(const std::vector<web_push_subscription>& list);
/// By which the owner of an endpoint is found.
std::string endpoint_token(std::string_view endpoint);

} // namespace belfry

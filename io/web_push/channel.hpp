#pragma once

#include "belfry/config/options.hpp"
#include "belfry/io/channel.hpp"
#include "belfry/io/ports.hpp"
#include "belfry/io/subscriptions.hpp"
#include "belfry/messages/error.hpp"

#include <functional>
#include <memory>
#include <string>

namespace belfry::io::web_push {

/// The channel of SPEC 11: an address is a subscription. Deliveries to one push service by one key share a lane.
class web_push_channel : public channel, public subscription_service {};

/// `http2` sends to services that speak HTTP/2, `http1` to all others and must outlive it; `topic_key`: 32 random bytes
/// of this store, for what replaces each other; `wall`: the time. ec::bad_input names the key that cannot be used.
result<std::shared_ptr<web_push_channel>> make_channel(const options& o, std::unique_ptr<http_transport> http2,
                                                       http_transport& http1, std::string topic_key,
                                                       std::function<millis()> wall);

} // namespace belfry::io::web_push

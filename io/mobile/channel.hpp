#pragma once

#include "belfry/config/options.hpp"
#include "belfry/io/channel.hpp"
#include "belfry/io/ports.hpp"
#include "belfry/messages/error.hpp"

#include <functional>
#include <memory>
#include <string>

namespace belfry::io::mobile {

/// The channel of SPEC 10: an address is a device, reached by FCM or APNs. `http2` sends all of it; `collapse_key`: 32
/// random bytes of this store, for what replaces each other on screens; `wall`: the time. ec::bad_input names the
/// credentials that cannot be used.
result<std::shared_ptr<channel>> make_channel(const options& o, std::unique_ptr<http_transport> http2,
                                              std::string collapse_key, std::function<millis()> wall);

} // namespace belfry::io::mobile

#pragma once

#include "belfry/config/options.hpp"
#include "belfry/messages/error.hpp"

#include <string_view>
#include <vector>

namespace belfry::io::webhooks {

/// What a URL shows to be wrong with an endpoint (SPEC 8, PROTOCOLS H-9): https unless plain http is allowed, port 80,
/// 443 or above 1023, no credentials, no address that is refused, in whatever notation. Each problem points at
/// "/endpoint".
std::vector<problem> check_endpoint(std::string_view url, const outbound_options& o);

} // namespace belfry::io::webhooks

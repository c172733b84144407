#pragma once

#include "belfry/config/options.hpp"
#include "belfry/messages/error.hpp"

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace belfry::io::webhooks {

/// Says whether a literal address ("192.0.2.1", "2001:db8::1", no brackets) must not be called (PROTOCOLS H-9); false
/// for what is not an address.
using address_refusal = std::function<bool(const std::string& host)>;

/// What a URL shows to be wrong with an endpoint (SPEC 8): https unless plain http is allowed, port 80, 443 or above
/// 1023, no credentials, no address that is refused, in whatever notation. Each problem points at "/endpoint".
std::vector<problem> check_endpoint(std::string_view url, bool allow_plain_http, const address_refusal& refused);

/// The same under the rules that every delivery keeps to.
std::vector<problem> check_endpoint(std::string_view url, const outbound_options& o);

} // namespace belfry::io::webhooks

#pragma once

#include "belfry/io/ports.hpp"
#include "belfry/messages/outcome.hpp"

/// The webhook codec of SPEC 8: what goes out to a registration and what its answers mean. Pure.
/// (Plural, because `belfry::webhook` is the registration.)
namespace belfry::io::webhooks {

/// What one attempt came to (SPEC 8, PROTOCOLS H-4): 2xx is accepted, 410 gone, a refused address or a URL that cannot
/// be understood refused, everything else again. `retry_after` from any failed answer that is tried again, in ms from
/// `now`. `answer` is "http_<status>" or the code of the transport's error. The body is not looked at.
outcome read_answer(const http_answer& a, millis now);

} // namespace belfry::io::webhooks

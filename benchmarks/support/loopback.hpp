#pragma once

#include <cstdint>

namespace belfry::bench {

/// A blocking TCP connection to this port of the loopback, which waits at most 30 s for an answer; -1: there is none.
int connect_loopback(std::uint16_t port);

} // namespace belfry::bench

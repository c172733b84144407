#pragma once

#include "belfry/tests/support/server/http_client.hpp"

#include <chrono>
#include <cstddef>

#include <sys/types.h>

namespace belfry::test::hostile {

/// What the server holds at a moment.
struct holdings {
  std::size_t resident_kib = 0;
  std::size_t descriptors = 0;
  std::size_t connections = 0;
};

/// The child process of this one; -1 when there is not exactly one.
pid_t only_child();

holdings holdings_of(pid_t server, http_client& api);

/// Waits until only the connection of `api` is open; what is held then, or at the limit.
holdings settled(pid_t server, http_client& api, std::chrono::milliseconds limit = std::chrono::seconds{10});

} // namespace belfry::test::hostile

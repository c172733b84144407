#pragma once

#include "belfry/io/http_client/curl_client.hpp"
#include "belfry/tests/support/http_calls.hpp"
#include "belfry/tests/support/providers/webhook_sink.hpp"

#include <gtest/gtest.h>

namespace belfry::io {

/// Loopback may be called, and by plain http.
inline outbound_options loopback_allowed() {
  outbound_options out;
  out.allowed_networks = {"127.0.0.0/8"};
  out.allow_plain_http = true;
  return out;
}

inline std::unique_ptr<http_transport> make_client(const outbound_options& o = loopback_allowed(),
                                                   const client_settings& s = {}) {
  auto client = make_http_client(o, s);
  if (!client) {
    ADD_FAILURE() << client.error().detail;
    return nullptr;
  }
  return std::move(*client);
}

} // namespace belfry::io

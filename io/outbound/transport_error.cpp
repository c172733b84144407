#include "belfry/io/ports.hpp"

namespace belfry::io {

std::string_view to_string(transport_error x) {
  switch (x) {
  case transport_error::none:
    return "";
  case transport_error::timeout:
    return "timeout";
  case transport_error::connect:
  case transport_error::kept_connection_lost:
    return "connection_failed";
  case transport_error::tls:
    return "tls_failed";
  case transport_error::refused_address:
    return "refused_address";
  case transport_error::proxy:
    return "proxy_failed";
  case transport_error::bad_url:
    return "bad_url";
  case transport_error::busy:
    return "too_many_waiting";
  case transport_error::not_begun:
    return "not_begun";
  case transport_error::cancelled:
    return "cancelled";
  case transport_error::other:
    return "transport_failed";
  }
  return "transport_failed";
}

} // namespace belfry::io

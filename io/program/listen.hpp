#pragma once

#include "belfry/config/options.hpp"

#include <string>

namespace belfry::program {

/// "http://127.0.0.1:8080": the base of the API's URLs when it listens on `port`.
inline std::string url_of(const options& o, unsigned short port) {
  auto host = o.http.listen.substr(0, o.http.listen.rfind(':'));
  return (o.http.tls_certificate.empty() ? "http://" : "https://") + host + ":" + std::to_string(port);
}

} // namespace belfry::program

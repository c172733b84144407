#pragma once

#include <string_view>

/// Which headers a request may carry: what would change the meaning of the request on the wire is kept out.
namespace belfry::io {

/// True for a name without blanks, colons and control characters, and a value without control characters but tabs.
bool header_valid(std::string_view name, std::string_view value);

/// Compares a name without regard to case; `lower` is in lower case.
bool header_is(std::string_view name, std::string_view lower);

/// True for headers about the connection, which HTTP/2 forbids (RFC 9113 8.2.2), and for Host, which it says otherwise.
bool connection_header(std::string_view name);

} // namespace belfry::io

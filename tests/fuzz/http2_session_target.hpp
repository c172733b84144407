#pragma once

#include <string>
#include <string_view>

namespace belfry::fuzz {

/// Lets a session take these bytes from its server, in pieces, with requests that begin, end and are cancelled between
/// them. Empty: every request ended once; else what went wrong.
std::string try_session(std::string_view bytes);

/// What an honest server says to a few requests, goodbye included.
std::string honest_server();

} // namespace belfry::fuzz

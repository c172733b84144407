#pragma once

#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

/// What the wrappers share.
namespace belfry::io::crypto {

/// Ends the process if the library could not do what never fails but for want of memory or entropy.
inline void demand(bool done, const char* what) {
  if (done)
    return;
  std::fprintf(stderr, "the crypto library cannot %s\n", what);
  std::abort();
}

inline unsigned char* bytes(std::string& x) {
  return reinterpret_cast<unsigned char*>(x.data());
}

inline const unsigned char* bytes(std::string_view x) {
  // A null pointer means "the key of last time" to HMAC.
  return reinterpret_cast<const unsigned char*>(x.data() != nullptr ? x.data() : "");
}

} // namespace belfry::io::crypto

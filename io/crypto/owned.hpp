#pragma once

#include <openssl/bio.h>
#include <openssl/evp.h>

#include <memory>
#include <string_view>

/// What the wrappers share: who frees what the library made.
namespace belfry::io::crypto {

template <class T, auto Free>
struct freed_by {
  void operator()(T* x) const { Free(x); }
};
template <class T, auto Free>
using owned = std::unique_ptr<T, freed_by<T, Free>>;

using owned_bio = owned<BIO, BIO_free_all>;
using owned_key = owned<EVP_PKEY, EVP_PKEY_free>;
using owned_digest = owned<EVP_MD_CTX, EVP_MD_CTX_free>;

/// Reads `text`, which must outlive it.
inline owned_bio reader_of(std::string_view text) {
  return owned_bio{BIO_new_mem_buf(text.data(), static_cast<int>(text.size()))};
}

/// A key with a passphrase is none: nobody is there to type it.
inline int no_passphrase(char*, int, int, void*) {
  return -1;
}

} // namespace belfry::io::crypto

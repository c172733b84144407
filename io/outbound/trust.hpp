#pragma once

#include "belfry/messages/error.hpp"

#include <memory>
#include <string>
#include <vector>

struct ssl_ctx_st;
struct x509_st;

namespace belfry::io {

/// The certificates of `outbound.caFile`, trusted beside those of the system.
class extra_trust {
public:
  /// Reads a PEM file of one or more certificates; an empty path gives none. ec::bad_input names the file.
  static result<extra_trust> load(const std::string& path);

  /// Adds them to what a TLS context trusts.
  void add_to(ssl_ctx_st* context) const;
  bool empty() const { return certificates_.empty(); }

private:
  std::vector<std::shared_ptr<x509_st>> certificates_;
};

} // namespace belfry::io

#pragma once

#include "belfry/config/options.hpp"
#include "belfry/io/ports.hpp"
#include "belfry/io/webhook/payload.hpp"
#include "belfry/io/webhook/request.hpp"
#include "belfry/messages/webhook.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <random>
#include <unordered_map>
#include <vector>

namespace belfry::io::webhooks {

/// The registrations as they are now.
using registration_list = std::function<std::shared_ptr<const std::vector<webhook>>()>;

/// Renders and signs what SPEC 8 says; used by one thread at a time.
class codec {
public:
  /// `o` must outlive it.
  codec(const options& o, registration_list list);

  /// A signed request, and the version of the registration that it goes to.
  struct signed_request {
    http_request request;
    std::uint64_t version = 0;
  };

  /// The request of one attempt (`d.tries` were made before). Returns nullopt if the registration is not there any more
  /// or does not take the kind.
  std::optional<signed_request> make(const notification& n, const delivery& d, const person& recipient,
                                     const std::vector<std::string>& device_tokens, millis now);

private:
  signers& signers_of(const webhook_id& id, std::size_t registered);

  const options& options_;
  render_options rendering_;
  registration_list list_;
  std::mt19937_64 rng_;
  std::unordered_map<webhook_id, signers> signers_;
};

} // namespace belfry::io::webhooks

#pragma once

#include "belfry/config/options.hpp"
#include "belfry/io/channel.hpp"
#include "belfry/io/ports.hpp"
#include "belfry/io/webhook/codec.hpp"

#include <functional>
#include <memory>

namespace belfry::io::webhooks {

/// Registrations as they are now.
struct registration_source {
  registration_list list;
  /// Whether an active one subscribed to the kind.
  std::function<bool(kind)> takes;
};

/// An endpoint answered (2xx), failed, or is gone (410); `version` is that of the registration that was sent to.
using endpoint_report = std::function<void(const webhook_id&, outcome::verdict, std::uint64_t version)>;

/// The channel of SPEC 8: an address is a registration, and everybody has the same ones. What endpoints do goes to
/// `report`, on a thread of the transport. Options, transport and clock must outlive it.
std::shared_ptr<channel> make_channel(const options& o, http_transport& transport, const wall_clock& clock,
                                      registration_source registrations, endpoint_report report);

} // namespace belfry::io::webhooks

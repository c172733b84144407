#pragma once

#include "belfry/config/options.hpp"
#include "belfry/io/ports.hpp"
#include "belfry/messages/webhook.hpp"

#include <functional>
#include <memory>
#include <vector>

namespace belfry::io::webhooks {

/// The registrations as they are now.
using registration_list = std::function<std::shared_ptr<const std::vector<webhook>>()>;

/// The channel codec of SPEC 8: renders, signs, and reads answers. `o` must outlive it.
std::shared_ptr<channel_codec> make_codec(const options& o, registration_list list);

} // namespace belfry::io::webhooks

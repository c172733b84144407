#pragma once

#include "belfry/config/options.hpp"
#include "belfry/io/channel.hpp"
#include "belfry/messages/error.hpp"

#include <functional>
#include <memory>
#include <string>

namespace belfry::io::email {

/// Where a person's mail goes, as `delivery::target`.
constexpr std::string_view mailbox_target = "email";

/// An address that does not take mail is left alone for so long (SPEC 9), in milliseconds: 30 days.
constexpr millis suppression_time = 30LL * 24 * 3600 * 1000;

/// The channel of SPEC 9: one mail server, a mailbox per person. `unsubscribe_key`: 32 random bytes of this store.
/// ec::bad_input: `outbound.caFile` cannot be read.
result<std::shared_ptr<channel>> make_channel(const options& o, std::string unsubscribe_key);

} // namespace belfry::io::email

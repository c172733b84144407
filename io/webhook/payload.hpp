#pragma once

#include "belfry/config/options.hpp"
#include "belfry/messages/notification.hpp"
#include "belfry/messages/webhook.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace belfry::io::webhooks {

/// What of the options shows in a body.
struct render_options {
  std::string account_id = "default";
  /// `locale` of recipients who have none.
  std::string default_locale = "en-US";
  /// False: messageText is left out (`privacy.messageText` none).
  bool message_text = true;
};

/// The part of `o` that concerns bodies.
render_options render_options_of(const options& o);

/// The JSON body of SPEC 8 for one recipient, `$_type` by kind, absent values left out. `recipient` and `device_tokens`
/// are as now (repeated tokens are written once), all else is the notification's, so that retries repeat it.
/// `event_name` is the name the registration subscribed to. Persons missing in `n.people` have id and type only.
std::string render(const notification& n, const person& recipient, const std::vector<std::string>& device_tokens,
                   std::string_view event_name, const render_options& o);

/// The body of a ping: the registration without its secret.
std::string render_ping(const webhook& w, millis now, const render_options& o);

} // namespace belfry::io::webhooks

#pragma once

#include "belfry/io/channel.hpp"
#include "belfry/messages/error.hpp"
#include "belfry/messages/web_push.hpp"

#include <functional>
#include <string>
#include <string_view>

namespace belfry::io {

/// What the web-push channel offers beyond delivering (SPEC 11); the persons who keep the subscriptions ask for it. All
/// functions may be called on any thread.
class subscription_service {
public:
  virtual ~subscription_service() = default;

  /// base64url of the key that pages subscribe with.
  virtual std::string public_key() const = 0;
  /// ec::bad_input names what no push could be sent with: endpoint, host, keys.
  virtual result<success> check(const subscription_input& s) const = 0;
  /// False: it was made for a key that is not ours (any more).
  virtual bool made_for_us(const web_push_subscription& s) const = 0;
  /// Whether its push service lets a push go that shows nothing (PROTOCOLS WP-10).
  virtual bool may_send_check(const web_push_subscription& s) const = 0;
  /// Sends the push of a health check, once. `done` as for `channel::attempt`.
  virtual void send_check(const web_push_subscription& to, std::string check, millis life,
                          std::function<void(attempt_result)> done) = 0;
  /// Random: 32 hex digits, and base64url of 32 bytes.
  virtual std::string new_id() const = 0;
  virtual std::string new_secret() const = 0;
};

} // namespace belfry::io

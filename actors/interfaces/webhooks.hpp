#pragma once

#include "belfry/actors/interfaces/declare_message.hpp"
#include "belfry/messages/error.hpp"
#include "belfry/messages/outcome.hpp"
#include "belfry/messages/ticket.hpp"
#include "belfry/messages/webhook.hpp"

#include <caf/replies_to.hpp>
#include <caf/typed_actor.hpp>

#include <cstdint>

namespace belfry {

struct create_webhook {
  webhook_input input;
  ticket<webhook> asker;
};
struct replace_webhook {
  webhook_id id;
  webhook_input input;
  ticket<webhook> asker;
};
struct remove_webhook {
  webhook_id id;
  ticket<success> asker;
};
struct ping_webhook {
  webhook_id id;
  ticket<success> asker;
};
/// From the channel: the endpoint answered (2xx), failed, or is gone (410).
struct endpoint_result {
  webhook_id id;
  outcome::verdict what = outcome::verdict::accepted;
  /// Of the registration that was sent to; an answer says nothing of a later one. 0: whichever there is.
  std::uint64_t version = 0;
};
/// INTERNAL: the change that was on its way to the disk is there, or was given up.
struct webhook_written {
  bool written = false;
};
/// INTERNAL: a ping was answered, or not.
struct ping_ended {
  webhook_id id;
};

using webhooks_actor =
    caf::typed_actor<caf::reacts_to<create_webhook>, caf::reacts_to<replace_webhook>, caf::reacts_to<remove_webhook>,
                     caf::reacts_to<ping_webhook>, caf::reacts_to<endpoint_result>,
                     // INTERNAL
                     caf::reacts_to<webhook_written>, caf::reacts_to<ping_ended>>;

} // namespace belfry

BELFRY_LOCAL_MESSAGE(create_webhook)
BELFRY_LOCAL_MESSAGE(replace_webhook)
BELFRY_LOCAL_MESSAGE(remove_webhook)
BELFRY_LOCAL_MESSAGE(ping_webhook)
BELFRY_LOCAL_MESSAGE(endpoint_result)
BELFRY_LOCAL_MESSAGE(webhook_written)
BELFRY_LOCAL_MESSAGE(ping_ended)

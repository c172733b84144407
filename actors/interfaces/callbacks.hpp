#pragma once

#include "belfry/actors/interfaces/declare_message.hpp"
#include "belfry/actors/interfaces/gateway.hpp"
#include "belfry/io/service.hpp"
#include "belfry/messages/address_note.hpp"
#include "belfry/messages/ticket.hpp"
#include "belfry/messages/views.hpp"
#include "belfry/messages/web_push.hpp"
#include "belfry/messages/webhook.hpp"

#include <caf/replies_to.hpp>
#include <caf/typed_actor.hpp>

#include <cstdint>
#include <functional>
#include <optional>
#include <variant>
#include <vector>

namespace belfry {

/// What is known of a person's addresses at one channel, and the profile that they come from.
struct known_addresses {
  std::optional<person_profile> profile;
  std::vector<address_note> notes;
};

/// What is answered to a ticket.
using api_answer =
    std::variant<error, success, person, io::stored<person>, count_view, io::stored<device>, std::vector<device>,
                 pause_view, io::stored<pause_reason>, known_addresses, new_subscription,
                 std::vector<subscription_view>, conversation_view, std::vector<trace_item>, webhook>;

/// Before the question is sent: what the answer goes to.
struct open_ticket {
  std::uint64_t number = 0;
  std::function<void(api_answer)> done;
};
struct answer_ticket {
  std::uint64_t number = 0;
  api_answer what;
};
/// Before the page is opened at its person: what its messages go to.
struct add_page {
  std::uint64_t page = 0;
  std::function<void(const page_message&)> on_message;
};
struct tell_page {
  std::uint64_t page = 0;
  page_message what;
};
struct remove_page {
  std::uint64_t page = 0;
};
struct callbacks_tick {};

using callbacks_actor =
    caf::typed_actor<caf::reacts_to<open_ticket>, caf::reacts_to<answer_ticket>, caf::reacts_to<add_page>,
                     caf::reacts_to<tell_page>, caf::reacts_to<remove_page>,
                     // INTERNAL: gives up what is not answered.
                     caf::reacts_to<callbacks_tick>, caf::reacts_to<drain>>;

} // namespace belfry

BELFRY_LOCAL_MESSAGE(open_ticket)
BELFRY_SHARED_MESSAGE(answer_ticket)
BELFRY_LOCAL_MESSAGE(add_page)
BELFRY_SHARED_MESSAGE(tell_page)
BELFRY_LOCAL_MESSAGE(remove_page)
BELFRY_LOCAL_MESSAGE(callbacks_tick)

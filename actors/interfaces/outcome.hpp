#pragma once

#include "belfry/actors/interfaces/declare_message.hpp"
#include "belfry/messages/views.hpp"

#include <caf/replies_to.hpp>
#include <caf/typed_actor.hpp>

#include <cstdint>
#include <functional>
#include <vector>

namespace belfry {

struct reports {
  std::vector<report> list;
};
struct subscribe {
  std::uint64_t id = 0;
  std::function<void(const report&)> on_report;
};
struct unsubscribe {
  std::uint64_t id = 0;
};

using outcome_actor = caf::typed_actor<caf::reacts_to<reports>, caf::reacts_to<subscribe>, caf::reacts_to<unsubscribe>>;

} // namespace belfry

BELFRY_LOCAL_MESSAGE(reports)
BELFRY_LOCAL_MESSAGE(subscribe)
BELFRY_LOCAL_MESSAGE(unsubscribe)

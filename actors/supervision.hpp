#pragma once

#include "belfry/actors/context.hpp"

#include <caf/error.hpp>
#include <caf/exit_reason.hpp>
#include <caf/scheduled_actor.hpp>

#include <exception>

namespace belfry {

/// Whoever waits for an answer of the node is told after so many milliseconds that there is none: longer than the HTTP
/// server waits (SPEC 12), so that an embedder is the only one who ever sees it.
constexpr engine_time answered_within = 60'000;

/// What whoever waits, or asks, is told when a part has ended.
inline error part_ended() {
  return {ec::stopping, "a part of the engine has ended", {}};
}

/// An exception that leaves a handler of `self` ends it, and the node with it: `part` of it is missing, so that it
/// cannot be trusted any more (SPEC 12). Called once by each actor before its first message.
template <class Self>
void supervise(Self* self, context* shared, const char* part) {
  self->set_exception_handler([shared, part](caf::scheduled_actor*, std::exception_ptr& x) -> caf::error {
    shared->fail(part, x);
    return caf::exit_reason::unhandled_exception;
  });
}

} // namespace belfry

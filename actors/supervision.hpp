#pragma once

#include "belfry/actors/context.hpp"

#include <caf/error.hpp>
#include <caf/exit_reason.hpp>
#include <caf/scheduled_actor.hpp>

#include <exception>

namespace belfry {

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

#pragma once

#include <caf/allowed_unsafe_message_type.hpp>
#include <caf/error.hpp>
#include <caf/fwd.hpp>

/// What travels within one process only and needs no serialization. At global scope, as the next.
#define BELFRY_LOCAL_MESSAGE(type) CAF_ALLOW_UNSAFE_MESSAGE_TYPE(belfry::type)

/// What crosses shards (DESIGN 2.3): a value that CAF's serializers take (actors/wire.cpp). An error of `deserializer`
/// leaves it as it was.
#define BELFRY_SHARED_MESSAGE(type)                                                                                    \
  namespace belfry {                                                                                                   \
  caf::error inspect(caf::serializer& to, type& x);                                                                    \
  caf::error inspect(caf::deserializer& from, type& x);                                                                \
  }

#pragma once

#include <caf/allowed_unsafe_message_type.hpp>

/// Declares, at global scope, a message that travels within one process only and needs no serialization there.
#define BELFRY_LOCAL_MESSAGE(type) CAF_ALLOW_UNSAFE_MESSAGE_TYPE(belfry::type)

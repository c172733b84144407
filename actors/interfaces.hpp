#pragma once

/// All actors and what they say to each other: a file per actor, whose order in the flow of an event is that of
/// actors/README.md.
#include "belfry/actors/interfaces/callbacks.hpp"
#include "belfry/actors/interfaces/channel.hpp"
#include "belfry/actors/interfaces/conversation.hpp"
#include "belfry/actors/interfaces/gateway.hpp"
#include "belfry/actors/interfaces/outcome.hpp"
#include "belfry/actors/interfaces/participant.hpp"
#include "belfry/actors/interfaces/person.hpp"
#include "belfry/actors/interfaces/shard.hpp"
#include "belfry/actors/interfaces/store.hpp"
#include "belfry/actors/interfaces/webhooks.hpp"

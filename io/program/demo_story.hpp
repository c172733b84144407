#pragma once

#include "belfry/io/program/demo_stage.hpp"
#include "belfry/io/program/signals.hpp"

namespace belfry::program {

/// Tells the story scene by scene; false: a signal came meanwhile.
bool tell_story(demo_stage& stage, const stop_signals& signals);

} // namespace belfry::program

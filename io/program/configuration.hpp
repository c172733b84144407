#pragma once

#include "belfry/config/options.hpp"
#include "belfry/io/program/commands.hpp"

#include <optional>

namespace belfry::program {

/// Reads, merges and validates all sources; notices and errors go to stderr, one line each. Nothing: there were errors.
std::optional<options> read_configuration(const configuration_arguments& from);

} // namespace belfry::program

#pragma once

#include "belfry/io/ports.hpp"

#include <memory>

namespace belfry {

/// The clock of this machine, with the time since its boot.
std::unique_ptr<io::wall_clock> make_system_clock();

} // namespace belfry

#pragma once

#include "belfry/io/program/commands.hpp"
#include "belfry/messages/error.hpp"

#include <string>

namespace belfry::program {

/// Says on stderr what went wrong; the exit code.
exit_code report(const std::string& what);
exit_code report(const error& e);

} // namespace belfry::program

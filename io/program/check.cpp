#include "belfry/config/render.hpp"
#include "belfry/io/program/commands.hpp"
#include "belfry/io/program/configuration.hpp"

#include <iostream>

namespace belfry::program {

int check(const configuration_arguments& from) {
  auto o = read_configuration(from);
  if (!o)
    return failed;
  std::cout << render(*o) << std::flush;
  return succeeded;
}

} // namespace belfry::program

// Prints docs/options.md.
#include "belfry/config/options_doc.hpp"

#include <iostream>

int main() {
  std::cout << belfry::options_document();
  return std::cout.good() ? 0 : 1;
}

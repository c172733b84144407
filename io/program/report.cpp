#include "belfry/io/program/report.hpp"

#include <iostream>

namespace belfry::program {

exit_code report(const std::string& what) {
  std::cerr << "belfry: " << what << "\n";
  return failed;
}

exit_code report(const error& e) {
  report(e.detail);
  for (const auto& p : e.problems)
    std::cerr << p.pointer << ": " << p.detail << "\n";
  if (e.code == ec::overloaded)
    return engine_failed;
  return e.code == ec::store_unavailable ? store_refused : failed;
}

} // namespace belfry::program

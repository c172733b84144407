#include "belfry/config/render.hpp"
#include "belfry/io/http_server/http_server.hpp"
#include "belfry/io/outbound/trust.hpp"
#include "belfry/io/program/commands.hpp"
#include "belfry/io/program/configuration.hpp"
#include "belfry/io/store/store.hpp"

#include <iostream>

namespace belfry::program {

namespace {

/// Opens every file that `serve` would open, but for the store, which another process may have; one line per file that
/// cannot be used.
bool open_files(const options& o) {
  const auto trust = io::extra_trust::load(o.outbound.ca_file);
  const auto certificate = io::check_certificate(o.http);
  if (!trust)
    std::cerr << trust.error().detail << "\n";
  if (!certificate)
    std::cerr << certificate.error().detail << "\n";
  const auto place = o.store.kind == store_kind::sqlite ? io::check_place(o.store.path) : std::nullopt;
  if (place)
    std::cerr << "store.path: " << place->detail << "\n";
  return trust && certificate && !place;
}

} // namespace

int check(const configuration_arguments& from) {
  auto o = read_configuration(from);
  if (!o || !open_files(*o))
    return failed;
  if (o->webhooks.user_agent.empty())
    o->webhooks.user_agent = "Belfry/" BELFRY_VERSION;
  std::cout << render(*o) << std::flush;
  return succeeded;
}

} // namespace belfry::program

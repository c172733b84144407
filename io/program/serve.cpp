#include "belfry/config/validate.hpp"
#include "belfry/engine.hpp"
#include "belfry/io/http_server/http_server.hpp"
#include "belfry/io/program/commands.hpp"
#include "belfry/io/program/configuration.hpp"
#include "belfry/io/program/listen.hpp"
#include "belfry/io/program/report.hpp"
#include "belfry/io/program/signals.hpp"
#include "belfry/io/telemetry/log.hpp"
#include "belfry/io/telemetry/telemetry.hpp"

#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include <atomic>
#include <iostream>

namespace belfry::program {

namespace {

constexpr auto stop_limit = std::chrono::seconds{10};

/// Takes as many descriptors as the process may have: an open page needs one, and systems give 1,024 at first.
void take_all_descriptors() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
    return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

} // namespace

int serve(const configuration_arguments& from) {
  take_all_descriptors();
  stop_signals signals;
  auto o = read_configuration(from);
  if (!o)
    return failed;
  if (auto lacking = missing_capabilities(*o); !lacking.empty()) {
    for (const auto& line : lacking)
      std::cerr << line << "\n";
    return failed;
  }
  std::atomic<bool> broken{false};
  engine_parts parts;
  parts.callbacks_never_block = true;
  parts.on_failure = [&broken] {
    broken = true;
    ::kill(::getpid(), SIGTERM);
  };
  auto engine = engine::start(*o, std::move(parts));
  if (!engine)
    return report(engine.error());
  io::telemetry own{io::metric_owner::http_server};
  io::http_server server{*o, **engine, own};
  auto port = server.start();
  if (!port)
    return report(port.error());
  std::cerr << "listening on " << url_of(*o, *port) << std::endl;
  signals.wait([&] {
    server.reload();
    auto again = read_configuration(from);
    auto done = again ? (*engine)->reload(*again)
                      : result<success>{error{ec::bad_input, "the configuration cannot be read", {}}};
    if (done)
      io::log(io::log_level::info, "secrets and trusted certificates were read again");
    else
      io::log(io::log_level::error, "what is wrong in the configuration stays as it was",
              {{"detail", done.error().detail}});
  });
  io::log(io::log_level::info, "stopping");
  server.stop();
  (*engine)->stop(stop_limit);
  io::log(io::log_level::info, "stopped");
  return broken ? engine_failed : succeeded;
}

} // namespace belfry::program

#include "belfry/io/http_server/http_server.hpp"
#include "belfry/io/program/commands.hpp"
#include "belfry/io/program/demo_story.hpp"
#include "belfry/io/program/listen.hpp"
#include "belfry/io/program/report.hpp"
#include "belfry/io/telemetry/log.hpp"

namespace belfry::program {

namespace {

/// The HTTP API of the demo: on the wished address, or on any free port when that one is taken.
struct demo_server {
  demo_server(demo_stage& stage, const std::string& listen)
      : opts(stage.opts()), own(io::metric_owner::http_server), service(stage.engine()) {
    opts.http.listen = listen;
  }

  result<unsigned short> start() {
    server = std::make_unique<io::http_server>(opts, service, own);
    auto port = server->start();
    if (port)
      return port;
    opts.http.listen = "127.0.0.1:0";
    server = std::make_unique<io::http_server>(opts, service, own);
    return server->start();
  }

  options opts;
  io::telemetry own;
  io::service& service;
  std::unique_ptr<io::http_server> server;
};

std::string invitation(const std::string& url) {
  return "\nThe demo keeps running, and shows what comes of events posted to " + url + "/v1/events, for example:\n\n"
         + "  curl -H 'Content-Type: application/json' " + url + "/v1/events -d \\\n"
         + "    '{\"type\":\"message.sent\",\"conversation\":\"savings\","
         + "\"message\":{\"id\":\"x1\",\"sender\":\"ada\",\"text\":\"Hi Vera\"}}'\n\n"
         + "The Agent Desk for your own browser: " + url + "/desk/\n\nCtrl-C ends it.\n";
}

} // namespace

int demo(const demo_arguments& a) {
  stop_signals signals;
  io::set_log_level(io::log_level::warning);
  auto stage = demo_stage::open();
  if (!stage)
    return report(stage.error());
  demo_server server{**stage, a.once ? "127.0.0.1:0" : a.listen};
  auto port = server.start();
  if (!port)
    return report(port.error());
  auto url = url_of(server.opts, *port);
  (*stage)->printer().plain("Belfry's API listens on " + url);
  auto whole = tell_story(**stage, signals);
  if (whole && !a.once) {
    (*stage)->printer().plain(invitation(url));
    signals.wait([] {});
  }
  server.server->stop();
  return (*stage)->going_well() ? succeeded : failed;
}

} // namespace belfry::program

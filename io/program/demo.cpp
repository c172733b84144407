#include "belfry/io/http_server/http_server.hpp"
#include "belfry/io/program/commands.hpp"
#include "belfry/io/program/demo_story.hpp"
#include "belfry/io/program/listen.hpp"
#include "belfry/io/program/report.hpp"
#include "belfry/io/telemetry/log.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>

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
         + "The Agent Desk for your own browser (sign in as ada): " + url + "/desk/\n\nCtrl-C ends it.\n";
}

/// Shows a page to who sits at this terminal, if there is a screen; that it cannot be shown is no matter.
void open_in_browser(const std::string& url) {
  const auto* display = std::getenv("DISPLAY");
  if (isatty(STDOUT_FILENO) == 0 || display == nullptr || *display == '\0')
    return;
  // Nothing of ours goes along: no terminal to write to, no signals held back, no Ctrl-C meant for the demo.
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
  posix_spawn_file_actions_adddup2(&files, STDOUT_FILENO, STDERR_FILENO);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP);
  sigset_t none;
  sigemptyset(&none);
  posix_spawnattr_setsigmask(&attributes, &none);
  std::string name = "xdg-open", page = url;
  char* arguments[] = {name.data(), page.data(), nullptr};
  pid_t ignored = 0;
  static_cast<void>(posix_spawnp(&ignored, "xdg-open", &files, &attributes, arguments, environ));
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&files);
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
  if (!a.once) {
    (*stage)->printer().plain("The Agent Desk for your own browser (sign in as ada): " + url + "/desk/");
    open_in_browser(url + "/desk/");
  }
  auto whole = tell_story(**stage, signals);
  if (whole && !a.once) {
    (*stage)->printer().plain(invitation(url));
    signals.wait([] {});
  }
  server.server->stop();
  return (*stage)->going_well() ? succeeded : failed;
}

} // namespace belfry::program

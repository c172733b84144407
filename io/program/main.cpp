#include "belfry/config/nearest.hpp"
#include "belfry/io/program/commands.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <iostream>
#include <vector>

namespace {

using namespace belfry::program;

/// --config, --properties and --set, which `serve` and `check` share.
void add_configuration(CLI::App& command, configuration_arguments& a) {
  command.add_option("--config", a.file, "Configuration file: JSON, comments allowed")->type_name("FILE");
  command.add_option("--properties", a.properties, "Java properties file with the platform's names")->type_name("FILE");
  command.add_option("--set", a.set, "Override one key, e.g. push.debounceDelay=2s; may be repeated")
      ->type_name("KEY=VALUE")
      ->allow_extra_args(false);
}

void add_replay(CLI::App& command, replay_arguments& a) {
  command.add_option("file", a.file, "Events, one JSON object per line")->required()->type_name("FILE.ndjson");
  command.add_option("--to", a.to, "The server, e.g. http://127.0.0.1:8080")->required()->type_name("URL");
  command.add_option("--token", a.token, "Bearer token of role host or admin");
  command.add_option("--batch", a.batch, "Events per request")->check(CLI::Range(1, 10'000))->capture_default_str();
  command
      .add_option("--concurrency", a.concurrency,
                  "Requests in flight; each conversation keeps the order of the file, with 1 the whole file does")
      ->check(CLI::Range(1, 64))
      ->capture_default_str();
}

void add_template(CLI::App& command, template_arguments& a) {
  add_configuration(command, a.from);
  command.add_option("kind", a.kind, "new_message, incoming_call or missed_call")->required()->type_name("KIND");
  command.add_option("--locale", a.locale, "Locale of the recipient")->capture_default_str();
  command.add_option("--out", a.out, "*.html, *.txt, or any other name for the mail as it is sent")
      ->required()
      ->type_name("FILE");
}

} // namespace

int main(int argc, char** argv) {
  CLI::App app{"Belfry, a push-notification engine for real-time chat hosts", "belfry"};
  app.require_subcommand(1);
  int code = succeeded;

  configuration_arguments serve_from;
  auto* serve_command = app.add_subcommand("serve", "Run the engine and its HTTP API");
  add_configuration(*serve_command, serve_from);
  serve_command->callback([&] { code = serve(serve_from); });

  demo_arguments demo_with;
  auto* demo_command = app.add_subcommand("demo", "Play a small story and show who is told what, when and why");
  demo_command->add_flag("--once", demo_with.once, "End after the story");
  demo_command->add_option("--listen", demo_with.listen, "Where to take events afterwards")->capture_default_str();
  demo_command->callback([&] { code = demo(demo_with); });

  configuration_arguments check_from;
  auto* check_command = app.add_subcommand("check", "Validate and print the effective configuration");
  add_configuration(*check_command, check_from);
  check_command->add_option("file", check_from.file, "Configuration file, as --config")->type_name("FILE");
  check_command->callback([&] { code = check(check_from); });

  auto* keys_command = app.add_subcommand("keys", "Make keys")->require_subcommand(1);
  keys_command->add_subcommand("vapid", "A new key pair for web push")->callback([&] { code = vapid_keys(); });

  replay_arguments replay_with;
  auto* replay_command = app.add_subcommand("replay", "Feed events to a server; shows rate and latency");
  add_replay(*replay_command, replay_with);
  replay_command->callback([&] { code = replay(replay_with); });

  backup_arguments backup_with;
  auto* backup_command = app.add_subcommand("backup", "Copy the store, also while a server uses it");
  add_configuration(*backup_command, backup_with.from);
  backup_command->add_option("file", backup_with.file, "The copy; must not be there")->required()->type_name("FILE");
  backup_command->callback([&] { code = backup(backup_with); });

  inspect_arguments inspect_with;
  auto* inspect_command = app.add_subcommand("inspect", "Print a row of the store as JSON, without texts");
  add_configuration(*inspect_command, inspect_with.from);
  inspect_command->add_option("kind", inspect_with.kind, "conversation, person, notification or webhook")
      ->required()
      ->type_name("KIND");
  inspect_command->add_option("id", inspect_with.id, "Its id")->required()->type_name("ID");
  inspect_command->callback([&] { code = inspect(inspect_with); });

  template_arguments template_with;
  auto* template_command = app.add_subcommand("template", "Render a mail with sample values");
  add_template(*template_command, template_with);
  template_command->callback([&] { code = render_template(template_with); });

  simulate_arguments simulate_with;
  auto* simulate_command =
      app.add_subcommand("simulate", "Be all providers on loopback, for tests of a host; shows what arrives");
  simulate_command->add_flag("--json", simulate_with.json, "One JSON object a line");
  simulate_command->add_option("--folder", simulate_with.folder, "Where keys and certificates are put")
      ->type_name("FOLDER");
  simulate_command
      ->add_option(
          "--fault", simulate_with.faults,
          "What goes wrong: apns|fcm|web-push:hang|reset|refuse|goaway|goaway-after|cut|freeze|STATUS[:REASON], "
          "and /N for every Nth push alone")
      ->type_name("END:FAULT[/N]");
  simulate_command->callback([&] { code = simulate(simulate_with); });

  app.add_subcommand("version", "Print the version")->callback([] { std::cout << "belfry " BELFRY_VERSION "\n"; });

  std::vector<std::string> known;
  for (const auto* c : app.get_subcommands({}))
    known.push_back(c->get_name());
  if (argc > 1 && argv[1][0] != '-' && std::find(known.begin(), known.end(), argv[1]) == known.end()) {
    std::cerr << "belfry: no command \"" << argv[1] << "\"; the nearest is \"" << belfry::nearest(argv[1], known)
              << "\" (--help lists all)\n";
    return failed;
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    auto shown = app.exit(e);
    return shown == 0 ? succeeded : failed;
  } catch (const std::exception& e) {
    std::cerr << "belfry: " << e.what() << "\n";
    return failed;
  }
  return code;
}

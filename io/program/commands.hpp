#pragma once

#include <cstddef>
#include <string>
#include <vector>

/// The commands of the program `belfry` (SPEC 15). Each returns the exit code of the process.
namespace belfry::program {

/// Exit codes: 0 is success.
enum exit_code : int {
  succeeded = 0,
  /// Wrong configuration, wrong input, or a server that refused it.
  failed = 1,
  /// The store is taken, damaged, foreign, newer or cannot be read (SPEC 12).
  store_refused = 3,
  /// A part of the engine ended by a defect (SPEC 12), or the disk had no room at the start: start it again.
  engine_failed = 4,
};

/// Where a configuration comes from, beside the environment.
struct configuration_arguments {
  /// Empty: none.
  std::string file;
  /// Platform properties; empty: none.
  std::string properties;
  /// "key=value" each.
  std::vector<std::string> set;
};

/// Runs the engine and its HTTP server until SIGTERM or SIGINT.
int serve(const configuration_arguments& from);

/// Prints the effective configuration, or one line per error.
int check(const configuration_arguments& from);

/// Prints a new VAPID key pair as JSON.
int vapid_keys();

struct backup_arguments {
  configuration_arguments from;
  /// Where the copy goes; must not be there.
  std::string file;
};

/// Copies the store, also while a server uses it.
int backup(const backup_arguments& a);

struct inspect_arguments {
  configuration_arguments from;
  /// "conversation", "person", "notification" or "webhook".
  std::string kind;
  std::string id;
};

/// Prints a row of the store as JSON, without texts, names and secrets.
int inspect(const inspect_arguments& a);

struct template_arguments {
  configuration_arguments from;
  /// "new_message", "incoming_call" or "missed_call".
  std::string kind;
  std::string locale = "en";
  /// *.html and *.txt get that part, any other name the mail as it is sent.
  std::string out;
};

/// Writes a mail with sample values, so that a template can be looked at.
int render_template(const template_arguments& a);

struct demo_arguments {
  /// End when the story has been told.
  bool once = false;
  /// Where the HTTP API listens while the demo keeps running; when it is taken, any free port.
  std::string listen = "127.0.0.1:8080";
};

/// Plays a small story on a temporary store and shows who is told what, when and why.
int demo(const demo_arguments& a);

struct simulate_arguments {
  /// Where keys and certificates are put; empty: a temporary folder.
  std::string folder;
  /// What arrives is printed as JSON, one object a line; the first says how an engine is led here.
  bool json = false;
  /// What goes wrong (simulated_faults.hpp).
  std::vector<std::string> faults;
};

/// Runs the ends of all providers on loopback until SIGTERM or SIGINT, and prints what arrives.
int simulate(const simulate_arguments& a);

struct replay_arguments {
  std::string file;
  /// Of the server, e.g. "http://127.0.0.1:8080".
  std::string to;
  /// Bearer token; empty: none.
  std::string token;
  /// Events per request.
  std::size_t batch = 100;
  /// Requests in flight. Each conversation keeps the order of the file; with 1 the whole file does.
  std::size_t concurrency = 1;
};

/// Feeds the events of an NDJSON file to a server.
int replay(const replay_arguments& a);

} // namespace belfry::program

#pragma once

#include "belfry/tests/support/providers/webhook_sink.hpp"
#include "belfry/tests/support/server/events.hpp"
#include "belfry/tests/support/server/http_client.hpp"
#include "belfry/tests/support/server/process.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace belfry::test {

/// A webhook request as a test looks at it.
struct told {
  /// "new_message", "revoked_call", ...: what follows `push_notification.`, or "ping".
  std::string kind;
  std::string person;
  std::string conversation;
  json body;
  received_request request;
};

/// `belfry serve` as a child process on a temporary store with short delays, a webhook sink that checks every request,
/// and a client. Settings are those of --set.
class serve_fixture : public testing::Test {
protected:
  static constexpr auto limit = std::chrono::seconds{15};
  static constexpr auto debounce = std::chrono::milliseconds{150};
  static constexpr const char* secret = "a secret of the sink";

  serve_fixture();
  ~serve_fixture() override;

  /// Overrides a setting for the next start.
  void set(const std::string& key, const std::string& value);
  /// What `serve` is started with.
  std::vector<std::string> arguments() const;
  /// Starts the server; fails the test when it does not listen.
  void serve();
  /// SIGTERM; the exit code.
  int stop();
  void kill();
  std::string store_path() const { return (dir_ / "belfry.db").string(); }

  /// POST /v1/events.
  http_answer post(const json& events);
  /// Posts, and expects that all of it is accepted.
  void accept(const json& events);
  /// Expects one event to be refused alone, with that pointer and reason.
  void refuse(const json& e, const std::string& pointer, const std::string& reason);
  /// Registers the sink for these kinds (none: all nine); the id.
  std::string register_sink(const std::string& path = "/ok", std::vector<std::string> kinds = {},
                            const std::string& name = "sink");
  /// anna ASSIGNED_AGENT, ben CONTEXT_PERSON.
  void start_pair(const std::string& c = "c1");

  /// The requests of the sink so far, oldest first, those of `settle` left out.
  std::vector<told> deliveries() const;
  /// Those for one person.
  std::vector<told> deliveries_to(const std::string& person) const;
  /// Their kinds.
  std::vector<std::string> kinds_to(const std::string& person) const;
  /// Waits for so many requests (those of `settle` left out).
  bool wait_deliveries(std::size_t n, std::chrono::milliseconds limit = serve_fixture::limit) const;
  bool wait_kind(const std::string& kind, const std::string& person) const;
  /// Waits until a message sent now has been announced, so that all older waits of the same length have ended.
  void settle();
  /// Asks until `wanted` holds; the last answer.
  bool wait_answer(const std::string& path, const std::function<bool(const json&)>& wanted,
                   std::chrono::milliseconds limit = serve_fixture::limit);
  json conversation(const std::string& id = "c1");
  /// That participant of the conversation; null when absent.
  json member(const std::string& person, const std::string& id = "c1");
  /// /v1/notifications?... : its items.
  json traces(const std::string& query);
  /// The reason of the one trace of that query, or a text that says what was wrong.
  std::string reason_of(const std::string& query);
  json counts(const std::string& person);

  std::filesystem::path dir_;
  webhook_sink sink_;
  std::unique_ptr<process> process_;
  std::unique_ptr<http_client> api_;

private:
  std::map<std::string, std::string> settings_;
  int starts_ = 0;
  int settled_ = 0;
};

} // namespace belfry::test

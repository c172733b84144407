#pragma once

#include "belfry/engine.hpp"
#include "belfry/io/program/demo_printer.hpp"
#include "belfry/io/program/provider_ends.hpp"
#include "belfry/tests/support/providers/webhook_sink.hpp"

#include <chrono>
#include <memory>
#include <string>

namespace belfry::program {

/// What the demo runs on: an engine with short waits on a temporary SQLite file, and a webhook receiver on loopback
/// that is registered for everything.
class demo_stage {
public:
  /// ec::store_unavailable and the like, as `engine::start`.
  static result<std::unique_ptr<demo_stage>> open();
  ~demo_stage();
  demo_stage(const demo_stage&) = delete;
  demo_stage& operator=(const demo_stage&) = delete;

  belfry::engine& engine() { return *engine_; }
  const options& opts() const { return opts_; }
  demo_printer& printer() { return *printer_; }

  /// Makes a person known.
  void introduce(const person_id& id, person_type type, const std::string& name);
  /// Gives a known person a mailbox, a phone, or (an agent) a browser.
  void has_mailbox(const person_id& id, const std::string& address);
  void has_phone(const person_id& id, device_platform platform);
  void has_browser(const person_id& id);
  /// Prints the sentence and reports the event.
  void happens(const std::string& sentence, const conversation_id& where, event_body what);
  /// Prints the sentence and the message, and reports it.
  void writes(const person_id& sender, const conversation_id& where, const message_id& id, const std::string& text);
  /// Prints who is not told of a message, and why.
  void explain(const conversation_id& where, const message_id& id);
  /// The agent's pause is switched on or off; prints the state.
  void pause(const person_id& agent, pause_mode mode);

  /// The story expects that this person is told (once more); notes it when that does not happen in time.
  void expect(const person_id& person, kind what, const conversation_id& where);
  /// True until an event was refused or an expectation failed.
  bool going_well() const { return going_well_; }

private:
  explicit demo_stage(std::string folder);

  result<success> start();
  /// Stores the profile.
  void store(const person_id& id);
  void fail(const std::string& what);
  std::string name_of(const person_id& id) const;

  std::string folder_;
  options opts_;
  test::webhook_sink sink_;
  std::unique_ptr<demo_printer> printer_;
  std::unique_ptr<provider_ends> providers_;
  std::unique_ptr<belfry::engine> engine_;
  std::map<person_id, person_profile> profiles_;
  std::map<std::tuple<person_id, kind, conversation_id>, std::size_t> expected_;
  bool going_well_ = true;
};

} // namespace belfry::program

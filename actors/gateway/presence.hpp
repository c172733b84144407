#pragma once

#include "belfry/config/options.hpp"
#include "belfry/io/ports.hpp"
#include "belfry/messages/facts.hpp"

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

/// Who is online with which client, and what each client has open (SPEC 2): pure.
namespace belfry {

/// A conversation that a client no longer has open.
struct closing {
  conversation_id conversation;
  person_id person;
  std::string client;
};

/// A client opened a conversation; `came`: it was not online before.
struct opening {
  conversation_id conversation;
  person_id person;
  std::string client;
  bool came = false;
};

/// What a change of presence does: rows to write, conversations to tell, people who came or went.
struct presence_effects {
  std::vector<io::change> rows;
  std::vector<closing> closings;
  std::vector<std::pair<person_id, bool>> online;
};

class presence_table {
public:
  /// `timeout` in milliseconds; 0: what was said holds until it is changed.
  explicit presence_table(engine_time timeout) : timeout_(timeout) {}

  /// From disk; a damaged row is skipped.
  void load(const io::presence_row& row);

  void changed(const person_id& p, const std::string& client, bool online, engine_time now, presence_effects& fx);
  /// Opening makes the client online; the answer is what `undo` needs.
  opening opened(const person_id& p, const std::string& client, const conversation_id& c, engine_time now,
                 presence_effects& fx);
  /// The conversation refused it: as if it had not been said.
  void undo(const opening& o, presence_effects& fx);
  void closed(const person_id& p, const std::string& client, const conversation_id& c, presence_effects& fx);
  /// The conversation has ended: nobody has it open.
  void ended(const conversation_id& c, presence_effects& fx);
  /// The person has left the conversation: no client of theirs has it open.
  void left(const person_id& p, const conversation_id& c, presence_effects& fx);
  void reset(presence_effects& fx);
  /// What was said longer ago than the time-out no longer counts.
  void expire(engine_time now, presence_effects& fx);
  /// DELETE of a person.
  void erase(const person_id& p, presence_effects& fx);

  bool online(const person_id& p) const { return people_.contains(p); }
  std::vector<person_id> everybody_online() const;

private:
  struct client {
    engine_time said = 0;
    /// Conversation and when it was said to be open.
    std::map<conversation_id, engine_time> open;
    /// Its row is of the first format, which lists what is open.
    bool listed = false;
  };
  using clients = std::map<std::string, client>;

  void drop(const person_id& p, clients::iterator c, presence_effects& fx);
  void close(const person_id& p, const std::string& name, client& c, const conversation_id& id, presence_effects& fx);
  void forget_opener(const person_id& p, const std::string& name, const conversation_id& id);
  void rewrite(const person_id& p, const std::string& name, client& c, presence_effects& fx);

  engine_time timeout_;
  /// Only clients that are online; people without one are absent.
  std::map<person_id, clients> people_;
  /// Who has a conversation open with which client.
  std::map<conversation_id, std::set<std::pair<person_id, std::string>>> openers_;
};

} // namespace belfry

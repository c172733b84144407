#pragma once

#include <nlohmann/json.hpp>

#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace belfry::test::hostile {

using json = nlohmann::json;

/// What the unread counts must be after the events that were accepted (SPEC 2 and 3), written for this test alone.
class reference {
public:
  /// Takes in a body that was answered 202 with `answer`. A text: what is wrong with the answer; empty: nothing.
  std::string apply(const std::string& body, bool ndjson, const json& answer);
  /// What `notification-count` answers for that person.
  json counts(const std::string& person) const;

private:
  struct member {
    std::string role;
    /// Indexes of unread qualifying messages.
    std::set<std::size_t> unread;
  };
  struct conversation {
    bool ended = false;
    std::map<std::string, member> members;
    /// Ids in the order of arrival.
    std::vector<std::string> messages;
    /// Message, call, invitation and delegation ids, by kind.
    std::set<std::string> ids;
  };

  /// False: a duplicate.
  bool take(const json& event);
  void take_effect(const std::string& type, const json& event, conversation& c);
  void take_message(const json& m, conversation& c);
  void take_read(const json& event, conversation& c);
  void take_deleted(const json& event, conversation& c);

  std::map<std::string, conversation> conversations_;
  std::set<std::string> event_ids_;
};

/// The events of a body; nothing when it is no JSON, has a key twice, or is no object or array. `batch`: it is a list.
std::optional<std::vector<json>> events_of(const std::string& body, bool ndjson, bool& batch);

} // namespace belfry::test::hostile

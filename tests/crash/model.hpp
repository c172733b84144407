#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

/// What the engine must remember, told again in the plainest way: no time, no actors, no disk.
namespace belfry::test {

/// A message that was read, deleted or left behind by a person must not be announced to that person any more.
struct taken_back {
  std::string conversation, person, message;
};

/// The unread count of somebody became 0: what the read_message is to name.
struct emptied {
  std::string conversation, person, cause;
  /// The messages that were counted since it was last 0: one of them may have been told.
  std::vector<std::string> counted;
};

/// What one event did.
struct consequence {
  bool refused = false;
  std::vector<taken_back> gone;
  std::vector<emptied> empty;
};

/// One conversation. All participants are human, see everything, and have a role that is told of messages.
class model_conversation {
public:
  std::string id;
  bool ended = false;

  void join(const std::string& p);
  consequence leave(const std::string& p);
  consequence end();
  consequence send(const std::string& message, const std::string& sender);
  consequence read(const std::string& p, const std::optional<std::string>& message);
  consequence remove(const std::string& message);

  bool has(const std::string& p) const;
  /// Takes part, or did.
  bool ever_had(const std::string& p) const { return members_.contains(p); }
  std::vector<std::string> present() const;
  std::size_t unread(const std::string& p) const;
  /// The newest message that counts for `p` if it is unread and not deleted: it must have been announced in the end.
  std::optional<std::string> newest_unread(const std::string& p) const;
  const std::vector<std::string>& message_ids() const { return ids_; }

private:
  struct message {
    std::string id;
    bool deleted = false;
    std::set<std::string> whom;
  };
  struct member {
    bool present = true;
    /// Messages before this index are read.
    std::size_t read = 0;
    std::vector<std::string> counted;
  };

  void read_to(member& m, const std::string& p, std::size_t end, const std::string& cause, consequence& out);
  void note_empty(member& m, const std::string& p, std::size_t before, const std::string& cause, consequence& out);

  std::vector<message> log_;
  std::vector<std::string> ids_;
  std::map<std::string, member> members_;
};

} // namespace belfry::test

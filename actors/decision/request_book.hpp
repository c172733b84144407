#pragma once

#include "belfry/messages/binary.hpp"
#include "belfry/messages/events.hpp"
#include "belfry/messages/notification.hpp"

#include <map>
#include <string>
#include <vector>

/// The open invitations of a conversation (SPEC 5): requests to agents and delegations to deputies.
namespace belfry {

/// Open invitations of one conversation; beyond it the oldest is closed, with its revokes.
constexpr std::size_t open_requests_max = 10'000;

/// One notification that the rules ask for.
struct request_notice {
  person_id to;
  /// inbound_request, deputy_delegation or the revoke_* of one of them.
  belfry::kind kind = belfry::kind::inbound_request;
  request_content content;
  /// Which invitation of this conversation it is; what was told and its revoke share it.
  std::uint64_t round = 0;
};

/// What the ids of its notifications are derived from: invitation id and round.
std::string cause_of(const request_notice& x);

///            offered, delegated: told                closed, conversation ended, oldest of too many: revoke_*
///   (none) --------------------------> open ---------------------------------------------------------> (none)
class request_book {
public:
  /// Tells the agent; a team is told nothing. An open request's own id changes nothing.
  std::vector<request_notice> offered(const request_offered& e);
  /// Tells each deputy once. An open delegation's own id changes nothing; a request's may be reused.
  std::vector<request_notice> delegated(const deputy_delegated& e);
  /// Closes the request and the delegation of that id, whichever of the two was said to be closed: everyone who was
  /// told gets the revoke, whoever closed it included. No effect for an unknown id.
  std::vector<request_notice> closed(const invitation_id& invitation);
  /// Closes all, the oldest first.
  std::vector<request_notice> conversation_ended();

  /// Open requests and delegations.
  std::size_t size() const { return open_.size(); }
  /// How many were closed because there were too many (not stored).
  std::uint64_t pushed_out() const { return pushed_out_; }

  void encode(binary_writer& out) const;
  /// False (and nothing changed) when the row is damaged or of another version.
  bool decode(binary_reader& in);

  /// Something changed since `encode_changes`.
  bool changed() const { return !changed_.empty(); }
  /// Writes the invitations that were opened or closed since the last time.
  void encode_changes(binary_writer& out);
  /// Brings a book that is as it was before those changes (or after them) to where it was after them. False when they
  /// are damaged: then the book is of no more use.
  bool apply_changes(binary_reader& in);

private:
  struct invitation_entry {
    /// inbound_request or deputy_delegation.
    kind told_as = kind::inbound_request;
    request_content content;
    std::vector<person_id> told;
  };
  /// Key: round, so ascending is oldest first.
  using entries = std::map<std::uint64_t, invitation_entry>;

  bool is_open(const invitation_id& id, kind told_as) const;
  std::vector<request_notice> open(invitation_entry x);
  void put(std::uint64_t round, invitation_entry x);
  void erase(entries::iterator at);
  void close(entries::iterator at, std::vector<request_notice>& out);
  static void encode(const invitation_entry& x, binary_writer& out);
  static bool decode(binary_reader& in, invitation_entry& out);

  entries open_;
  std::multimap<invitation_id, std::uint64_t> rounds_of_;
  std::uint64_t rounds_ = 0;
  std::uint64_t pushed_out_ = 0;
  /// Rounds opened or closed since `encode_changes`.
  std::vector<std::uint64_t> changed_;
};

} // namespace belfry

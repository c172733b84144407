#pragma once

#include "belfry/actors/person/address.hpp"
#include "belfry/actors/person/person_row.hpp"
#include "belfry/io/ports.hpp"

#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

/// What is shown to a person, so that it can be taken back: pure.
namespace belfry {

/// What the notifications of one group and subject share: calls and invitations have their own, messages one.
std::string subject_of(const notification& n);

/// What a silent kind takes back; any other kind is its own.
kind counterpart(kind k);

/// Something of this kind is shown until it is taken back.
bool can_be_taken_back(kind k);

/// Where ended deliveries left, by conversation and subject, until a silent kind takes them back. It is on disk with
/// what changed it: `save` belongs to every step. What is open answers for itself (`delivery::left`).
class shown_state {
public:
  explicit shown_state(person_id id) : id_(std::move(id)) {}

  void load(const io::shown_row& row);

  /// A delivery of `n` to this address is over, or may as well be: it had left.
  void left(const notification& n, const address& a);
  /// It was cancelled before it left: nobody need take it back there.
  void skipped(const notification& n, const address& a);
  /// Something was told that nobody keeps otherwise; a revoke of it is told where only revokes are taken.
  void told(const notification& n);
  /// Where the counterpart of the silent `n` left; forgotten from now on. Nothing: it was never told.
  std::optional<shown_at> take(const notification& n);

  /// Appends the rows that changed since the last call.
  void save(std::vector<io::change>& changes);
  void clear();

private:
  using key = std::pair<conversation_id, group>;

  shown_at& at(const notification& n);
  void changed(const notification& n) { changed_.emplace(n.conversation, group_of(n.kind)); }

  person_id id_;
  std::map<key, shown_subjects> shown_;
  std::set<key> changed_;
};

} // namespace belfry

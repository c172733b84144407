#pragma once

#include "belfry/messages/people.hpp"

#include <cstddef>
#include <mutex>
#include <optional>
#include <unordered_map>

namespace belfry {

/// Profiles as they are now, for the names in payloads. Each person's actor writes its own; whoever needs one that is
/// not here reads the disk and writes down what it found. Used from any thread.
class profile_cache {
public:
  /// At least half of the `size_max` used last are kept.
  explicit profile_cache(std::size_t size_max) : half_(size_max / 2) {}

  /// A person without a profile is known as nullopt.
  using known = std::optional<person_profile>;

  bool contains(const person_id& p);
  /// Who is not known here, or known to have no profile, has none.
  known find(const person_id& p);
  /// The person's own word, without labels and metadata: payloads show neither.
  void set(const person_id& p, known profile);
  /// From disk: what the person said itself is newer.
  void learn(const person_id& p, known profile);

private:
  using generation = std::unordered_map<person_id, known>;

  /// Null: not known here. It counts as used.
  const known* use(const person_id& p);
  void make_room();

  std::mutex lock_;
  std::size_t half_;
  /// Used since the last change of generations, and before.
  generation young_;
  generation old_;
};

} // namespace belfry

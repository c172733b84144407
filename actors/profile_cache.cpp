#include "belfry/actors/profile_cache.hpp"

#include <utility>

namespace belfry {

namespace {

profile_cache::known shown_part(profile_cache::known profile) {
  if (profile) {
    profile->labels.reset();
    profile->metadata.reset();
  }
  return profile;
}

} // namespace

const profile_cache::known* profile_cache::use(const person_id& p) {
  if (auto i = young_.find(p); i != young_.end())
    return &i->second;
  auto node = old_.extract(p);
  if (node.empty())
    return nullptr;
  make_room();
  return &young_.insert(std::move(node)).position->second;
}

bool profile_cache::contains(const person_id& p) {
  std::lock_guard guard{lock_};
  return use(p) != nullptr;
}

profile_cache::known profile_cache::find(const person_id& p) {
  std::lock_guard guard{lock_};
  const auto* found = use(p);
  return found ? *found : std::nullopt;
}

void profile_cache::set(const person_id& p, known profile) {
  std::lock_guard guard{lock_};
  old_.erase(p);
  make_room();
  young_.insert_or_assign(p, shown_part(std::move(profile)));
}

void profile_cache::learn(const person_id& p, known profile) {
  std::lock_guard guard{lock_};
  if (young_.contains(p) || old_.contains(p))
    return;
  make_room();
  young_.emplace(p, shown_part(std::move(profile)));
}

void profile_cache::make_room() {
  if (young_.size() < half_)
    return;
  old_ = std::exchange(young_, {});
}

} // namespace belfry

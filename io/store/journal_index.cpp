#include "belfry/io/store/journal_index.hpp"

#include <algorithm>

namespace belfry::io {

void journal_index::apply(const step& x) {
  if (x.appended) {
    live_[x.conversation].push_back(x.seq);
    const auto id = slice_of(x.seq);
    auto& s = slices_[id];
    ++s.live;
    ++s.stored;
    if (s.live == 1 && dead_.erase(id) > 0)
      mixed_.insert(id);
    return;
  }
  ++superseded_;
  auto found = live_.find(x.conversation);
  if (found == live_.end())
    return;
  auto& seqs = found->second;
  const auto end = std::upper_bound(seqs.begin(), seqs.end(), x.seq);
  std::for_each(seqs.begin(), end, [this](std::int64_t seq) { bury(seq); });
  seqs.erase(seqs.begin(), end);
  if (seqs.empty())
    live_.erase(found);
}

void journal_index::retract(const step& x) {
  auto found = live_.find(x.conversation);
  if (found == live_.end() || std::erase(found->second, x.seq) == 0)
    return;
  if (found->second.empty())
    live_.erase(found);
  const auto id = slice_of(x.seq);
  auto& s = slices_[id];
  --s.stored;
  if (--s.live > 0)
    return;
  mixed_.erase(id);
  if (s.stored > 0)
    dead_.insert(id);
  else
    slices_.erase(id);
}

void journal_index::bury(std::int64_t seq) {
  const auto id = slice_of(seq);
  if (--slices_[id].live > 0) {
    mixed_.insert(id);
    return;
  }
  mixed_.erase(id);
  dead_.insert(id);
}

void journal_index::add_dead(std::int64_t seq) {
  const auto id = slice_of(seq);
  auto& s = slices_[id];
  ++s.stored;
  (s.live > 0 ? mixed_ : dead_).insert(id);
}

bool journal_index::counts(std::int64_t conversation, std::int64_t seq) const {
  const auto found = live_.find(conversation);
  return found != live_.end() && std::binary_search(found->second.begin(), found->second.end(), seq);
}

std::vector<std::int64_t> journal_index::entries(std::int64_t conversation) const {
  const auto found = live_.find(conversation);
  return found == live_.end() ? std::vector<std::int64_t>{} : found->second;
}

std::vector<std::int64_t> journal_index::conversations() const {
  std::vector<std::int64_t> out;
  out.reserve(live_.size());
  for (const auto& x : live_)
    out.push_back(x.first);
  std::sort(out.begin(), out.end());
  return out;
}

static std::vector<std::int64_t> first_of(const std::set<std::int64_t>& x, std::size_t limit) {
  std::vector<std::int64_t> out;
  for (auto i = x.begin(); i != x.end() && out.size() < limit; ++i)
    out.push_back(*i);
  return out;
}

std::vector<std::int64_t> journal_index::dead_slices(std::size_t limit) const {
  return first_of(dead_, limit);
}

std::vector<std::int64_t> journal_index::mixed_slices(std::size_t limit) const {
  return first_of(mixed_, limit);
}

void journal_index::erased(std::int64_t slice) {
  dead_.erase(slice);
  mixed_.erase(slice);
  const auto found = slices_.find(slice);
  if (found == slices_.end())
    return;
  found->second.stored = found->second.live;
  if (found->second.live == 0)
    slices_.erase(found);
}

} // namespace belfry::io

#include "belfry/actors/person/open_notifications.hpp"

#include "belfry/actors/person/record_row.hpp"
#include "belfry/actors/person/shown.hpp"

#include <algorithm>

namespace belfry {

namespace {

thread thread_of(const notification& n) {
  return {n.conversation, n.kind, subject_of(n)};
}

bool is_live(const delivery& d) {
  return !is_final(d.state) && !d.parked;
}

} // namespace

void open_notifications::add(record_ptr r, const io::notification_row* row) {
  const auto& n = r->notification;
  auto [i, fresh] = items_.try_emplace(n.seq);
  if (!fresh)
    return;
  for (const auto& d : r->deliveries)
    deliveries_.emplace(d.id, place{n.seq, false});
  auto t = threads_.try_emplace(thread_of(n)).first;
  auto& list = t->second;
  list.insert(std::upper_bound(list.begin(), list.end(), n.seq), n.seq);
  auto& x = i->second;
  x.place = t;
  x.id = n.id;
  x.created_at = n.created_at;
  x.record = std::move(r);
  update_packing(x, row);
}

std::uint64_t open_notifications::find(const notification_id& delivery) const {
  auto i = deliveries_.find(delivery);
  return i == deliveries_.end() ? 0 : i->second.seq;
}

std::vector<std::uint64_t> open_notifications::of(const thread& t) const {
  auto i = threads_.find(t);
  return i == threads_.end() ? std::vector<std::uint64_t>{} : i->second;
}

std::vector<std::uint64_t> open_notifications::in_group(const conversation_id& c, group g) const {
  std::vector<std::uint64_t> out;
  for (auto i = threads_.lower_bound({c, {}, {}}); i != threads_.end() && i->first.conversation == c; ++i) {
    if (group_of(i->first.kind) == g)
      out.insert(out.end(), i->second.begin(), i->second.end());
  }
  return out;
}

std::vector<std::uint64_t> open_notifications::all() const {
  std::vector<std::uint64_t> out;
  out.reserve(items_.size());
  for (const auto& [seq, x] : items_)
    out.push_back(seq);
  return out;
}

notification_record& open_notifications::open(std::uint64_t seq) {
  auto& x = items_.at(seq);
  if (!x.record) {
    const auto& about = x.place->first;
    io::notification_row row{seq, x.id, id_, about.conversation, {}, about.kind, x.state, x.created_at, x.row};
    // What was packed here is read here: a row that is damaged on disk was never added.
    x.record = std::make_shared<notification_record>(from_row(row).value_or(notification_record{}));
    --packed_;
  }
  return *x.record;
}

void open_notifications::close(std::uint64_t seq) {
  auto& x = items_.at(seq);
  if (!x.record || x.row.empty())
    return;
  x.record.reset();
  ++packed_;
}

void open_notifications::saved(std::uint64_t seq, const io::notification_row& row) {
  auto i = items_.find(seq);
  if (i == items_.end())
    return;
  if (is_final(row.state))
    remove(seq);
  else
    update_packing(i->second, &row);
}

void open_notifications::update_packing(item& x, const io::notification_row* row) {
  live_ -= x.live;
  const auto& list = x.record->deliveries;
  x.live = static_cast<std::uint32_t>(std::count_if(list.begin(), list.end(), is_live));
  live_ += x.live;
  x.row.clear();
  if (x.live > 0 || !row)
    return;
  x.state = row->state;
  x.row = row->blob;
  x.row.shrink_to_fit();
  x.record.reset();
  ++packed_;
}

void open_notifications::remove(std::uint64_t seq) {
  auto& x = items_.at(seq);
  for (const auto& d : open(seq).deliveries)
    deliveries_.erase(d.id);
  live_ -= x.live;
  std::erase(x.place->second, seq);
  if (x.place->second.empty())
    threads_.erase(x.place);
  items_.erase(seq);
}

bool open_notifications::in_flight(const notification_id& delivery) const {
  auto i = deliveries_.find(delivery);
  return i != deliveries_.end() && i->second.in_flight;
}

void open_notifications::set_in_flight(const notification_id& delivery, bool runs) {
  if (auto i = deliveries_.find(delivery); i != deliveries_.end())
    i->second.in_flight = runs;
}

void open_notifications::clear() {
  items_.clear();
  deliveries_.clear();
  threads_.clear();
  live_ = 0;
  packed_ = 0;
}

} // namespace belfry

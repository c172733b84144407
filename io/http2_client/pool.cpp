#include "belfry/io/http2_client/pool.hpp"

#include <algorithm>

namespace belfry::io::http2 {

namespace {

/// A server may allow one stream at a time until it knows us, and more soon after: so many answers are waited for
/// before the limit is taken as it is.
constexpr std::uint64_t proof = 16;

} // namespace

pool::pool(environment& shared, origin where, std::function<void(finish)> done)
    : environment_(shared), where_(std::move(where)), done_(std::move(done)) {}

bool pool::add(exchange& x, time_point now) {
  if (waiting_.size() >= environment_.settings.waiting_max)
    return false;
  x.authority = where_.authority;
  earliest_ = std::min({earliest_, x.deadline, x.job.sent_at + environment_.settings.turn_max});
  last_used_ = now;
  // It is younger than what is as urgent.
  auto place = waiting_.end();
  if (x.job.request.urgent)
    place = std::find_if(waiting_.begin(), waiting_.end(), [](const auto* y) { return !y->job.request.urgent; });
  waiting_.insert(place, &x);
  return true;
}

void pool::run(time_point now) {
  for (std::size_t i = 0; i < connections_.size(); ++i)
    settle(*connections_[i], now);
  drop_closed();
  begin_waiting(now);
  grow(now);
  for (auto& c : connections_)
    c->flush();
}

void pool::settle(connection& c, time_point now) {
  for (const auto& e : c.session().take_ended()) {
    c.last_used = now;
    c.answers += e.how == ending::answered ? 1 : 0;
    settle_one(c, e);
  }
  if (!c.closed() && !c.staying() && c.session().open().empty())
    c.leave();
}

void pool::settle_one(const connection& c, const ended_exchange& e) {
  auto& x = *e.what;
  const auto why = c.failure() == transport_error::none ? transport_error::connect : c.failure();
  switch (e.how) {
  case ending::answered:
    return done_({&x});
  case ending::broken:
    return done_({&x, why, false});
  case ending::unprocessed:
    if (x.resends >= environment_.settings.resends_max)
      return done_({&x, why, true});
    ++x.resends;
    // It is older than whatever waits.
    waiting_.push_front(&x);
    return;
  }
}

void pool::drop_closed() {
  transport_error why = transport_error::none;
  std::erase_if(connections_, [&](const auto& c) {
    if (!c->closed())
      return false;
    if (!c->opened())
      why = c->failure();
    return true;
  });
  const bool hope = std::any_of(connections_.begin(), connections_.end(), [](auto& c) { return c->staying(); });
  if (why != transport_error::none && !hope)
    fail_waiting(why);
}

void pool::begin_waiting(time_point now) {
  for (auto& c : connections_) {
    for (auto room = c->free_streams(); room > 0 && !waiting_.empty(); --room) {
      auto& x = *waiting_.front();
      waiting_.pop_front();
      c->last_used = now;
      if (late(x, now))
        done_({&x, transport_error::not_begun, true});
      else if (!c->session().begin(x))
        done_({&x, transport_error::other, true});
      else if (x.job.request.urgent)
        c->ask_for_life(now);
    }
  }
}

void pool::grow(time_point now) {
  if (!wants_another())
    return;
  for (auto& c : connections_)
    c->replaced = !c->staying();
  connections_.push_back(std::make_unique<connection>(environment_, where_, *this, now));
  // What failed at once is dropped with all that waits for it.
  drop_closed();
}

bool pool::wants_another() const {
  std::size_t staying = 0;
  std::size_t streams = 0;
  bool proven = true;
  bool unfinished = !waiting_.empty();
  for (const auto& c : connections_) {
    if (c->staying()) {
      ++staying;
      streams += c->session().open().size();
      proven = proven && c->answers >= proof;
    } else {
      // Its server says that it goes: the next one is opened before the requests it still has are over.
      unfinished = unfinished || (!c->replaced && !c->session().open().empty());
    }
  }
  if (staying == 0)
    return unfinished;
  return waiting_.size() > streams && proven && staying < environment_.settings.connections_max;
}

void pool::on_time(time_point now) {
  if (now >= earliest_)
    expire(now);
  for (auto& c : connections_) {
    c->on_time(now);
    if (c->opened() && c->session().open().empty() && now >= c->last_used + environment_.settings.idle_max)
      c->leave();
  }
  run(now);
}

bool pool::opened() const {
  return std::any_of(connections_.begin(), connections_.end(), [](const auto& c) { return c->opened(); });
}

bool pool::late(const exchange& x, time_point now) const {
  return x.job.sent_at + environment_.settings.turn_max <= now;
}

void pool::expire(time_point now) {
  earliest_ = time_point::max();
  const auto turns = opened();
  std::erase_if(waiting_, [&](exchange* x) {
    if (x->deadline <= now || (turns && late(*x, now))) {
      done_({x, x->deadline <= now ? transport_error::timeout : transport_error::not_begun, true});
      return true;
    }
    earliest_ = std::min(earliest_, x->deadline);
    if (turns)
      earliest_ = std::min(earliest_, x->job.sent_at + environment_.settings.turn_max);
    return false;
  });
  for (auto& c : connections_) {
    const auto& open = c->session().open();
    for (std::size_t i = 0; i < open.size();) {
      auto& x = *open[i];
      if (x.deadline > now) {
        earliest_ = std::min(earliest_, x.deadline);
        ++i;
        continue;
      }
      // Another one takes its place in the list.
      c->session().cancel(x);
      done_({&x, x.answered ? transport_error::none : transport_error::timeout, false});
    }
  }
}

time_point pool::next_time() const {
  auto out = earliest_;
  for (const auto& c : connections_) {
    out = std::min(out, c->next_time());
    if (c->session().open().empty())
      out = std::min(out, c->last_used + environment_.settings.idle_max);
  }
  return out;
}

bool pool::idle() const {
  return waiting_.empty()
         && std::all_of(connections_.begin(), connections_.end(), [](auto& c) { return c->session().open().empty(); });
}

void pool::renew() {
  for (auto& c : connections_)
    c->retire();
}

void pool::stop() {
  for (auto& c : connections_) {
    while (!c->session().open().empty()) {
      auto& x = *c->session().open().back();
      c->session().cancel(x);
      done_({&x, transport_error::cancelled, false});
    }
    c->leave();
  }
  connections_.clear();
  fail_waiting(transport_error::cancelled);
}

void pool::fail_waiting(transport_error why) {
  for (auto* x : std::exchange(waiting_, {}))
    done_({x, why, true});
}

} // namespace belfry::io::http2

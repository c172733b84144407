#include "belfry/tests/hostile/storm.hpp"

#include <algorithm>

namespace belfry::test::hostile {

namespace {

/// Doubtful events that are said again in one request.
constexpr std::size_t again_max = 500;

} // namespace

client::client(std::uint64_t seed, unsigned short port, std::string token, findings& found)
    : chance_(seed), port_(port), token_(std::move(token)), found_(found), host_(chance_) {}

void client::begin() {
  on_steady(with_body("POST", "/v1/events", host_.beginning().dump(), token_));
}

void client::run(std::size_t requests) {
  for (auto until = sent_ + requests; sent_ < until;)
    once();
}

void client::hang_up() {
  steady_.reset();
  odd_.reset();
}

void client::once() {
  auto n = chance_.below(1000);
  if (n < 520)
    on_odd(odd_event());
  else if (n < 720)
    on_odd(odd_other());
  else if (n < 810)
    on_steady(good_event());
  else if (n < 850)
    on_steady(good_other());
  else if (n < 900)
    pipeline();
  else if (n < 940)
    cut_off();
  else if (n < 960)
    walk_away();
  else if (n < 985)
    half_close();
  else if (n < 990)
    slowly();
  else
    compare(host_.cast()[0]);
}

/// A good request on the connection of good ones.
void client::on_steady(request r) {
  r.want = r.method == "GET" && r.target.find("web-push") != r.target.npos ? wanted::refusal : r.want;
  if (!steady_)
    steady_.emplace(port_);
  found_.sent();
  ++sent_;
  if (!steady_->send(render(r)))
    fault(r, "the connection of good requests was closed");
  if (!hear(*steady_, r))
    steady_.reset();
}

void client::on_odd(const request& r) {
  if (!odd_)
    odd_.emplace(port_);
  found_.sent();
  ++sent_;
  odd_->send(render(r));
  if (r.last)
    odd_->half_close();
  if (r.last)
    finish_last(r);
  else if (!hear(*odd_, r))
    odd_.reset();
}

/// Hears all that comes to the end: of a request whose end is unclear, what is left may be answered too, but only as
/// nonsense.
void client::finish_last(const request& r) {
  if (hear(*odd_, r)) {
    answer more;
    auto h = odd_->receive(more, false);
    for (; h == heard::whole; h = odd_->receive(more, false))
      if (auto wrong = wrong_with(more, false); more.status < 400 || !wrong.empty())
        fault(r, "what was left of it was answered " + std::to_string(more.status) + " " + wrong);
    if (h == heard::malformed || h == heard::too_late)
      fault(r, h == heard::malformed ? "a malformed second answer" : "the connection stays open");
  }
  odd_.reset();
}

/// Several requests in one write; the last of them may be anything.
void client::pipeline() {
  std::vector<request> all;
  for (auto n = 2 + chance_.below(5); n > 0; --n) {
    all.push_back(chance_.percent(70) ? good_event() : chance_.percent(50) ? odd_event() : odd_other());
    if (all.back().last && n > 1)
      all.back() = good_event();
  }
  std::string bytes;
  for (const auto& r : all)
    bytes += render(r);
  connection c{port_};
  c.send(bytes);
  c.half_close();
  for (auto& r : all) {
    found_.sent();
    ++sent_;
    // Its end may be heard as the answer of nothing.
    r.done += " in a pipeline";
    if (!hear(c, r))
      break;
  }
}

/// A part of a request, then the end.
void client::cut_off() {
  auto bytes = render(good_event());
  connection c{port_};
  found_.sent();
  ++sent_;
  c.send(std::string_view{bytes}.substr(0, chance_.below(bytes.size())));
}

/// A whole request, but nobody waits for its answer.
void client::walk_away() {
  auto e = host_.lonely_message();
  connection c{port_};
  found_.sent();
  ++sent_;
  c.send(render(with_body("POST", "/v1/events", e.dump(), token_)));
  doubtful_.push_back(std::move(e));
}

/// A whole request, then our end is closed: the answer must come all the same.
void client::half_close() {
  auto r = good_event();
  connection c{port_};
  found_.sent();
  ++sent_;
  c.send(render(r));
  c.half_close();
  hear(c, r);
}

void client::slowly() {
  auto r = good_event();
  connection c{port_};
  found_.sent();
  ++sent_;
  c.send_slowly(render(r));
  hear(c, r);
}

void client::compare(const std::string& person) {
  auto r = without_body("GET", "/v1/persons/" + person + "/notification-count", token_);
  connection c{port_};
  found_.sent();
  ++sent_;
  c.send(render(r));
  answer a;
  c.receive(a, false);
  auto counted = json::parse(a.body, nullptr, false);
  if (auto expected = reference_.counts(person); counted != expected)
    found_.fault(person + " has " + a.body + ", but should have " + expected.dump());
}

void client::check() {
  for (std::size_t i = 0; i < doubtful_.size(); i += again_max) {
    auto end = std::min(doubtful_.size(), i + again_max);
    auto again = json(std::vector<json>(doubtful_.begin() + static_cast<std::ptrdiff_t>(i),
                                        doubtful_.begin() + static_cast<std::ptrdiff_t>(end)));
    auto r = with_body("POST", "/v1/events", again.dump(), token_);
    connection c{port_};
    c.send(render(r));
    answer a;
    if (c.receive(a, false) != heard::whole || a.status != 202)
      fault(r, "said again, answered " + std::to_string(a.status));
    // Each is accepted now or was before.
    reference_.apply(r.body, false, json::object());
  }
  doubtful_.clear();
  for (const auto& person : host_.cast())
    compare(person);
}

bool client::hear(connection& c, const request& r) {
  answer a;
  auto h = c.receive(a, r.method == "HEAD");
  if (h == heard::whole) {
    judge(r, a);
    return !a.closes() && !a.streams();
  }
  found_.answered(0);
  if (h == heard::malformed)
    fault(r, "a malformed answer");
  else if (h == heard::too_late)
    fault(r, "no answer in time");
  else if (!r.last)
    fault(r, "the connection ended without an answer");
  return false;
}

void client::judge(const request& r, const answer& a) {
  found_.answered(a.status);
  if (auto wrong = wrong_with(a, r.method == "HEAD"); !wrong.empty())
    fault(r, wrong + ": " + shown(a.body));
  if (r.want == wanted::refusal && a.status < 400)
    fault(r, "taken with " + std::to_string(a.status));
  if (r.want == wanted::success && a.status >= 300)
    fault(r, "refused with " + std::to_string(a.status) + ": " + shown(a.body));
  if (a.status != 202 || a.body.empty())
    return;
  if (auto wrong = reference_.apply(said(r), r.ndjson(), json::parse(a.body, nullptr, false)); !wrong.empty())
    fault(r, "answered " + a.body + ", but " + wrong);
}

void client::fault(const request& r, const std::string& what) {
  found_.fault("[" + r.done + "] " + what + "\n    " + shown(render(r)));
}

} // namespace belfry::test::hostile

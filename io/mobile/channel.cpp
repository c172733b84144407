#include "belfry/io/mobile/channel.hpp"

#include "belfry/io/apns/answer.hpp"
#include "belfry/io/fcm/answer.hpp"
#include "belfry/io/mobile/app.hpp"
#include "belfry/io/mobile/budget.hpp"
#include "belfry/io/outbound/progress_book.hpp"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <mutex>
#include <unordered_map>
#include <utility>

namespace belfry::io::mobile {

namespace {

constexpr millis minute = 60'000;
/// Providers ask for waits that begin at 10 s (PROTOCOLS F-3, A-6).
constexpr retry_schedule retries{10'000, 2, 60 * minute, 0.2};
/// Nothing is tried again at FCM so long after its first attempt (F-4).
constexpr millis fcm_patience = 60 * minute;
/// A push that a provider did not look at goes again after this, so that a broken one is not asked without a pause.
constexpr millis soon = 1'000;
/// A device that gets too much.
constexpr millis device_wait = 60'000;
/// A payload that the provider calls too big is tried once more with at most so many bytes (PROTOCOLS A-6, 413).
constexpr std::size_t smaller = 3'000;
/// Devices that get too much and are left alone for a while.
constexpr std::size_t slowed_max = 10'000;

/// The trace keeps so much of a provider's message id.
constexpr std::size_t message_id_max = 200;

/// How a push travels.
enum class route : std::uint8_t { none, fcm, apns };

/// What the requests for a delivery so far led to, where another one follows at once.
struct progress {
  bool renewed = false;
  bool shrunk = false;
  /// No shorter text made it small enough: it goes without.
  bool brief = false;
  std::size_t sent_bytes = 0;
  /// The provider was in trouble, and it is the one quick try on another connection.
  bool second_try = false;
  /// Its device's budget was asked.
  bool counted = false;
  /// How the last request ended.
  std::optional<belfry::attempt> last;
};

/// One delivery while it is with a provider.
struct job : progress {
  attempt_input in;
  std::function<void(attempt_result)> done;
  device to;
  route by = route::none;
  bool proven = false;
  /// The credential that the last request carried.
  std::string authorization;
  millis sent_at = 0;

  mobile::push push(std::string_view default_locale) const {
    const auto& words = phrases_in(in.recipient.profile.locale.value_or(""), default_locale);
    return {in.what, to, in.which.id, sent_at, in.conversation_count, words, brief};
  }
  /// What was too big is tried once more with a quarter less, or at least something less.
  std::size_t bytes_max() const {
    if (!shrunk)
      return SIZE_MAX;
    return brief ? sent_bytes - 1 : std::min(smaller, sent_bytes * 3 / 4);
  }
};
using job_ptr = std::shared_ptr<job>;

bool is_voip(kind k, route by) {
  return by == route::apns && apns::form_of(k) == apns::form::voip;
}

/// The name and the value of the token that a kind goes to.
std::pair<std::string_view, std::string> token_of(kind k, const device& d, route by) {
  const auto voip = is_voip(k, by);
  const auto& token = voip ? d.push_kit_token : d.push_token;
  return {voip ? "pushKit" : "push", token.value_or("")};
}

/// What several tokens are sent alike.
std::string payload_of(const notification& n) {
  std::string out{to_string(n.kind)};
  return out + " " + (n.message ? n.message->message : n.call ? n.call->call : std::string{});
}

std::string key_of(const job& j) {
  auto [name, token] = token_of(j.in.what.kind, j.to, j.by);
  return derive_token_key(name, token);
}

bool is_proven(const std::vector<address_note>& notes, const std::string& target, const std::string& key) {
  return std::any_of(notes.begin(), notes.end(), [&](const address_note& n) {
    return n.channel == channel_kind::mobile && n.target == target && n.what == address_note::mark::proven
           && n.value == key;
  });
}

// -- results ------------------------------------------------------------------

attempt_result made(outcome::verdict what, reason why, int status, std::string_view answer) {
  attempt_result r;
  r.answer.what = what;
  r.answer.why = why;
  r.answer.status = status;
  r.answer.answer = answer;
  return r;
}

attempt_result postponed(millis wait) {
  attempt_result r;
  r.how = attempt_result::verdict::postponed;
  r.wait = wait;
  return r;
}

/// The credentials are wrong: the lane rests and probes; when that is lifted all may go.
attempt_result stopped(const std::string& subject) {
  auto r = postponed(soon);
  r.hold = probe_interval;
  r.alarm = "credentials_refused";
  r.subject = subject;
  return r;
}

attempt_result without_answer(const http_answer& a) {
  if (a.error == transport_error::cancelled) {
    attempt_result r;
    r.how = attempt_result::verdict::interrupted;
    return r;
  }
  // It was turned away at a bound of ours. What the provider turned away the client has sent again already.
  if (a.error == transport_error::busy)
    return postponed(soon);
  if (a.error == transport_error::not_begun)
    return postponed(0);
  auto r = made(outcome::verdict::again, reason::connection_failed, 0, to_string(a.error));
  reason named{};
  if (from_string(r.answer.answer, named))
    r.answer.why = named;
  return r;
}

attempt_result again(int status, std::string_view why, millis wait) {
  auto r = made(outcome::verdict::again, reason::provider_refused, status, why);
  if (wait > 0)
    r.answer.retry_after = wait;
  return r;
}

attempt_result refused(int status, std::string_view why) {
  return made(outcome::verdict::refused, reason::provider_refused, status, why);
}

attempt_result given_up(int status, std::string_view why) {
  return made(outcome::verdict::given_up, reason::provider_refused, status, why);
}

attempt_result dead(const job& j, int status, std::string_view why, millis since) {
  auto r = made(outcome::verdict::gone, reason::address_dead, status, why);
  r.address.what = address_news::verdict::gone;
  r.address.value = key_of(j);
  r.address.since = since;
  return r;
}

attempt_result with_alarm(attempt_result r, std::string_view alarm, const std::string& subject) {
  r.alarm = alarm;
  r.subject = subject;
  return r;
}

attempt_result accepted(const job& j, int status, std::string_view message_id) {
  auto r = made(outcome::verdict::accepted, reason::sent, status, "");
  r.message_id = message_id.substr(0, message_id_max);
  if (!j.proven) {
    r.address.what = address_news::verdict::proven;
    r.address.value = key_of(j);
  }
  return r;
}

class mobile_channel final : public channel {
public:
  mobile_channel(const options& o, app_map apps, std::unique_ptr<http_transport> http2, std::string collapse_key,
                 std::function<millis()> wall)
      : given_(o.mobile),
        collapse_key_(std::move(collapse_key)),
        default_locale_(o.push.default_locale),
        delay_(o.mobile.delay.count()),
        fcm_for_iphones_(o.mobile.firebase_for_non_push_kit),
        apps_(std::move(apps)),
        wall_(std::move(wall)),
        http2_(std::move(http2)) {}

  channel_kind kind() const override { return channel_kind::mobile; }
  channel_policy policy() const override { return {delay_, retries}; }
  bool takes(belfry::kind k) const override { return apns::form_of(k).has_value(); }

  std::vector<endpoint> endpoints(const addressee& who, belfry::kind k) const override {
    std::vector<endpoint> out;
    for (const auto& d : who.devices) {
      auto by = route_of(d, k);
      if (by != route::none)
        out.push_back({d.id, lane_of(d, k, by, who.notes)});
    }
    return out;
  }

  reason usable(const std::string& target, const addressee& who, belfry::kind k) const override {
    auto d = find(who.devices, target);
    return d != who.devices.end() && route_of(*d, k) != route::none ? reason::none : reason::no_address;
  }

  result<bool> reload(const options& o) override {
    if (auto trusted = http2_->reload_trust(); !trusted)
      return trusted.error();
    auto fresh = make_apps(o.mobile, collapse_key_);
    if (!fresh)
      return fresh.error();
    std::lock_guard guard{lock_};
    const auto resumes = refused_.exchange(false);
    if (o.mobile == given_)
      return resumes;
    if (const auto name = moved_app(given_, o.mobile); !name.empty())
      return error{ec::bad_input,
                   name
                       + ": the team, the bundle or the project is another one, which takes a restart; its credentials "
                         "and those of the other apps stay as they were",
                   {}};
    replace_credentials(apps_, given_, std::move(*fresh), o.mobile);
    given_ = o.mobile;
    return true;
  }

  void attempt(attempt_input in, std::function<void(attempt_result)> done) override {
    auto j = std::make_shared<job>();
    static_cast<progress&>(*j) = progress_.take(in.which.id);
    j->in = std::move(in);
    j->done = std::move(done);
    if (auto d = find(j->in.devices, j->in.which.target); d != j->in.devices.end()) {
      j->to = *d;
      j->by = route_of(*d, j->in.what.kind);
    }
    j->proven = j->by != route::none && is_proven(j->in.notes, j->to.id, key_of(*j));
    send(j);
  }

private:
  static std::vector<device>::const_iterator find(const std::vector<device>& devices, const device_id& id) {
    return std::find_if(devices.begin(), devices.end(), [&](const device& d) { return d.id == id; });
  }

  /// By the device's platform, the token it has for the kind, and the credentials of its app. Which credentials there
  /// are never changes, so that no lock is needed.
  route route_of(const device& d, belfry::kind k) const {
    auto a = apps_.find(d.app);
    if (a == apps_.end() || !takes(k))
      return route::none;
    auto voip = apns::form_of(k) == apns::form::voip;
    auto iphone = d.platform == device_platform::ios;
    auto by = iphone && (voip || !fcm_for_iphones_) ? route::apns : route::fcm;
    auto able = by == route::apns ? a->second.apns.has_value() : a->second.fcm.has_value();
    auto token = by == route::apns ? apns::token_for(k, d) : d.push_token;
    return able && token ? by : route::none;
  }

  /// Deliveries that share credentials and a server share a lane; tokens that never worked have one of their own, since
  /// Apple slows a connection down for bad ones.
  std::string lane_of(const device& d, belfry::kind k, route by, const std::vector<address_note>& notes) const {
    if (by == route::fcm)
      return apps_.at(d.app).fcm->lane;
    std::string lane = "apns/" + d.app;
    lane += d.environment == device_environment::sandbox ? "/sandbox" : "/production";
    auto [name, token] = token_of(k, d, by);
    return is_proven(notes, d.id, derive_token_key(name, token)) ? lane : lane + "/unproven";
  }

  void send(const job_ptr& j) {
    j->sent_at = wall_();
    switch (j->by) {
    case route::fcm:
      return send_by_fcm(j);
    case route::apns:
      return send_by_apns(j);
    case route::none:
      return impossible(*j);
    }
  }

  static void impossible(const job& j) {
    attempt_result r;
    r.how = attempt_result::verdict::impossible;
    r.answer.why = reason::no_address;
    j.done(std::move(r));
  }

  /// It cannot be made, or not any smaller.
  void without_request(const job_ptr& j) {
    if (!j->shrunk)
      return impossible(*j);
    if (!std::exchange(j->brief, true))
      return send(j);
    // The answer that it had is the last word.
    j->done(refused(j->last ? j->last->status : 0, j->last ? j->last->answer : std::string{}));
  }

  /// The next attempt would come too late for FCM.
  static bool outlasts_fcm(const job& j, const outcome& o) {
    if (j.by != route::fcm)
      return false;
    const auto& before = j.in.which.attempts;
    const auto first = before.empty() ? j.sent_at : before.front().at;
    const auto wait = std::max(static_cast<double>(o.retry_after.value_or(0)),
                               static_cast<double>(retries.first) * std::pow(retries.factor, j.in.which.tries));
    return static_cast<double>(j.sent_at - first) + wait > static_cast<double>(fcm_patience);
  }

  static void finish(const job& j, attempt_result r, const http_answer& a) {
    r.duration = a.duration.count();
    if (r.how == attempt_result::verdict::made && r.answer.what == outcome::verdict::again && outlasts_fcm(j, r.answer))
      r.answer.what = outcome::verdict::given_up;
    j.done(std::move(r));
  }

  /// The credentials of the app are wrong. It counts as no attempt, and the trace shows why nothing goes.
  void stop(job& j, const http_answer& a, std::string_view why) {
    refused_ = true;
    auto r = stopped(j.to.app);
    r.earlier.push_back(note(j, a, why));
    finish(j, std::move(r), a);
  }

  static belfry::attempt note(const job& j, const http_answer& a, std::string_view why) {
    return {j.sent_at, a.status, std::string{why}, a.duration.count()};
  }

  /// Another request follows the one that was answered, if the delivery is still wanted.
  void send_again(job& j, const http_answer& a, std::string_view why) {
    auto r = postponed(0);
    j.last = r.earlier.emplace_back(note(j, a, why));
    progress_.keep(j.in.which.id, j);
    finish(j, std::move(r), a);
  }

  fcm_access& fcm_of(const job& j) { return *apps_.at(j.to.app).fcm; }
  apns_access& apns_of(const job& j) { return *apps_.at(j.to.app).apns; }

  // -- FCM

  void send_by_fcm(const job_ptr& j) {
    std::unique_lock guard{lock_};
    auto& access = fcm_of(*j);
    if (!is_call(j->in.what.kind) && !std::exchange(j->counted, true)) {
      // What is newer takes its place in the lane meanwhile (F-8).
      if (auto wait = budget_.take(key_of(*j), j->sent_at); wait > 0) {
        guard.unlock();
        return j->done(postponed(std::max(wait, soon)));
      }
    }
    auto login = access.login;
    auto& token = login->token;
    switch (token.next(j->sent_at)) {
    case fcm::access_token::step::fetch: {
      auto request = fcm::token_request(login->account, j->sent_at);
      guard.unlock();
      return http2_->send(std::move(request),
                          [this, j, login](const http_answer& a) { on_access_token(j, *login, a); });
    }
    case fcm::access_token::step::wait:
      if (token.fetching()) {
        login->waiting.emplace_back([this, j] { ask_again(j); });
        return;
      }
      return j->done(postponed(std::max(token.ready_at(j->sent_at) - j->sent_at, soon)));
    case fcm::access_token::step::use:
      break;
    }
    j->authorization = token.authorization();
    guard.unlock();
    auto request = fcm::make_request(j->push(default_locale_), access.settings, j->authorization,
                                     std::min(j->bytes_max(), fcm::message_max));
    if (!request)
      return without_request(j);
    j->sent_bytes = request->body.size();
    request_now(j, std::move(*request), [this](const job_ptr& x, const http_answer& a) { on_fcm(x, a); });
  }

  /// The request for the delivery itself; `answered` is given what the provider said.
  void request_now(const job_ptr& j, http_request request,
                   std::function<void(const job_ptr&, const http_answer&)> answered) {
    j->sent_bytes = request.body.size();
    // Connections that are not from before, which may all be dead; those of a minute are shared.
    if (j->second_try)
      request.group += " second try " + std::to_string(j->sent_at / minute);
    http2_->send(std::move(request), [this, j, answered = std::move(answered)](const http_answer& a) {
      if (a.error == transport_error::none)
        return answered(j, a);
      // A call does not wait for the lane's turn when a connection broke. If the first one arrived all the same, its id
      // tells the app that it rings already.
      const auto broken = a.error == transport_error::connect || a.error == transport_error::timeout
                          || a.error == transport_error::kept_connection_lost;
      if (broken && is_call(j->in.what.kind) && !std::exchange(j->second_try, true))
        return send_again(*j, a, to_string(a.error));
      if (a.error == transport_error::not_begun)
        progress_.keep(j->in.which.id, *j);
      finish(*j, without_answer(a), a);
    });
  }

  /// Ends the attempt without a request, so that the lane asks the person again before the next one: the delivery had
  /// to wait for an access token, and its reason may be gone.
  void ask_again(const job_ptr& j) {
    progress_.keep(j->in.which.id, *j);
    j->done(postponed(0));
  }

  void on_access_token(const job_ptr& j, fcm_login& login, const http_answer& a) {
    std::unique_lock guard{lock_};
    auto t = wall_();
    auto good = login.token.fetched(a, t);
    auto wait = login.token.ready_at(t) - t;
    auto waiting = std::exchange(login.waiting, {});
    guard.unlock();
    for (const auto& go : waiting)
      go();
    if (good)
      return ask_again(j);
    // What the authority refuses in so many words will not get better by asking again soon. It speaks JSON, and being
    // busy is not that.
    const auto busy = a.status == 408 || a.status == 425 || a.status == 429;
    if (a.status >= 400 && a.status < 500 && !busy && a.body.starts_with('{'))
      return stop(*j, a, "no_access_token");
    auto r = without_answer(a);
    if (r.how != attempt_result::verdict::interrupted) {
      r = postponed(std::max(wait, soon));
      // Shown where it was not the authority that failed.
      if (a.status >= 400 && a.status < 500)
        r.earlier.push_back(note(*j, a, "no_access_token"));
    }
    finish(*j, std::move(r), a);
  }

  void on_fcm(const job_ptr& j, const http_answer& a) {
    using fcm::action;
    std::unique_lock guard{lock_};
    auto& access = fcm_of(*j);
    auto& token = access.login->token;
    auto t = wall_();
    auto v = fcm::read_answer(a, t);
    auto why = fcm::to_string(v.why);
    switch (v.what) {
    case action::accepted:
      token.accepted();
      access.foreign = 0;
      access.suspects.accepted(*j->to.push_token, payload_of(j->in.what));
      return finish(*j, accepted(*j, a.status, v.name), a);
    case action::gone:
      return finish(*j, dead(*j, a.status, why, j->sent_at), a);
    case action::foreign: {
      // When all tokens seem to be another project's, it is our account that is (as A-6).
      const bool kept = ++access.foreign > deletion_guard::in_a_row_max;
      auto r = kept ? refused(a.status, why) : dead(*j, a.status, why, j->sent_at);
      return finish(*j, with_alarm(std::move(r), "sender_id_mismatch", j->to.app), a);
    }
    case action::suspect:
      return finish(*j, judge_bad_token(access.suspects, *j, a.status, why), a);
    case action::our_mistake:
      return finish(*j, with_alarm(refused(a.status, why), "bad_request", j->to.app), a);
    case action::lacks_key:
      return finish(*j, with_alarm(refused(a.status, why), "credentials_refused", j->to.app), a);
    case action::hold_project: {
      auto r = again(a.status, why, v.wait);
      r.hold = std::min(v.wait, fcm_patience);
      return finish(*j, std::move(r), a);
    }
    case action::later:
      return finish(*j, again(a.status, why, v.wait), a);
    case action::not_fcm:
      return finish(*j, again(a.status, "not_an_answer_of_fcm", v.wait), a);
    case action::new_token:
      if (token.refused(j->authorization, t) && !std::exchange(j->renewed, true))
        return send_again(*j, a, why);
      return stop(*j, a, why);
    case action::stop_project:
      return stop(*j, a, why);
    case action::shrink:
      return shrink(*j, a, why);
    }
  }

  void shrink(job& j, const http_answer& a, std::string_view why) {
    if (!std::exchange(j.shrunk, true))
      return send_again(j, a, why);
    finish(j, refused(a.status, why), a);
  }

  // -- APNs

  void send_by_apns(const job_ptr& j) {
    std::unique_lock guard{lock_};
    auto& access = apns_of(*j);
    if (const auto until = is_call(j->in.what.kind) ? 0 : slowed_until(*j); until > j->sent_at) {
      // What is newer takes its place in the lane meanwhile.
      guard.unlock();
      return j->done(postponed(until - j->sent_at));
    }
    j->authorization = access.token->authorization(j->sent_at);
    guard.unlock();
    auto request =
        apns::make_request(j->push(default_locale_), access.settings, j->authorization, j->proven, j->bytes_max());
    if (!request)
      return without_request(j);
    request_now(j, std::move(*request), [this](const job_ptr& x, const http_answer& a) { on_apns(x, a); });
  }

  void on_apns(const job_ptr& j, const http_answer& a) {
    using apns::action;
    std::unique_lock guard{lock_};
    auto& access = apns_of(*j);
    auto t = wall_();
    auto v = apns::read_answer(a);
    auto& suspects = access.of(j->to.environment, is_voip(j->in.what.kind, j->by));
    auto why = apns::to_string(v.why);
    switch (v.what) {
    case action::accepted:
      access.token->accepted();
      suspects.accepted(token_of(j->in.what.kind, j->to, j->by).second, payload_of(j->in.what));
      return finish(*j, accepted(*j, a.status, a.header("apns-id")), a);
    case action::gone:
      return finish(*j, dead(*j, a.status, why, j->sent_at), a);
    case action::gone_before:
      return finish(*j, dead(*j, a.status, why, v.since.value_or(j->sent_at)), a);
    case action::suspect:
      return finish(*j, judge_bad_token(suspects, *j, a.status, why), a);
    case action::our_mistake:
      return finish(*j, with_alarm(refused(a.status, why), "bad_request", j->to.app), a);
    case action::refused:
      return finish(*j, refused(a.status, why), a);
    case action::shrink:
      return shrink(*j, a, why);
    case action::slow_down: {
      slow_down(*j, t);
      auto r = again(a.status, why, device_wait);
      r.answer.endpoint_healthy = true;
      return finish(*j, std::move(r), a);
    }
    case action::new_token:
      return follow(access.token->expired(j->authorization, t), *j, a, why);
    case action::keep_token:
      return follow(access.token->too_many(j->authorization, t), *j, a, why);
    case action::stop_app:
      return stop(*j, a, why);
    case action::again:
      return on_another_connection(*j, a, why);
    case action::later:
      // The wait that Apple asks for is longer than a phone rings: one quick try, then a ring is given up.
      if (is_call(j->in.what.kind) && !j->second_try)
        return on_another_connection(*j, a, why);
      return finish(*j, j->in.what.kind == kind::incoming_call ? given_up(a.status, why) : again(a.status, why, 0), a);
    }
  }

  millis slowed_until(const job& j) const {
    const auto i = slowed_.find(key_of(j));
    return i == slowed_.end() ? 0 : i->second;
  }

  /// Its device gets too much: others of it wait too.
  void slow_down(const job& j, millis now) {
    if (slowed_.size() >= slowed_max)
      std::erase_if(slowed_, [&](const auto& x) { return x.second <= now; });
    if (slowed_.size() < slowed_max)
      slowed_[key_of(j)] = now + device_wait;
  }

  /// Once more at once, where no other push goes.
  void on_another_connection(job& j, const http_answer& a, std::string_view why) {
    if (std::exchange(j.second_try, true))
      return finish(j, again(a.status, why, 0), a);
    send_again(j, a, why);
  }

  /// What becomes of a push whose provider token Apple did not take.
  void follow(apns::provider_token::advice x, job& j, const http_answer& a, std::string_view why) {
    using advice = apns::provider_token::advice;
    if (x == advice::resend && !std::exchange(j.renewed, true))
      return send_again(j, a, why);
    if (x == advice::wait)
      return finish(j, again(a.status, why, soon), a);
    stop(j, a, why);
  }

  /// A token that the provider calls bad, or an app that is set up wrong.
  static attempt_result judge_bad_token(deletion_guard& suspects, const job& j, int status, std::string_view why) {
    switch (suspects.refused(token_of(j.in.what.kind, j.to, j.by).second, payload_of(j.in.what))) {
    case deletion_guard::verdict::give_up:
      return dead(j, status, why, j.sent_at);
    case deletion_guard::verdict::alarm:
      return with_alarm(refused(status, why), "configuration_suspected", j.to.app);
    case deletion_guard::verdict::keep:
      break;
    }
    return refused(status, why);
  }

  /// What the credentials were made of.
  mobile_options given_;
  const std::string collapse_key_;
  const std::string default_locale_;
  const millis delay_;
  const bool fcm_for_iphones_;
  /// Credentials were refused since the configuration was last read.
  std::atomic<bool> refused_{false};
  /// Of what the apps hold; `done` may be called under it, since it only hands on.
  std::mutex lock_;
  app_map apps_;
  device_budget budget_;
  /// iPhones' tokens that got too much, and until when they are left alone.
  std::unordered_map<std::string, millis> slowed_;
  progress_book<progress> progress_;
  const std::function<millis()> wall_;
  /// The last one, because its end answers what is under way.
  std::unique_ptr<http_transport> http2_;
};

} // namespace

result<std::shared_ptr<channel>> make_channel(const options& o, std::unique_ptr<http_transport> http2,
                                              std::string collapse_key, std::function<millis()> wall) {
  auto apps = make_apps(o.mobile, collapse_key);
  if (!apps)
    return apps.error();
  return std::shared_ptr<channel>{std::make_shared<mobile_channel>(o, std::move(*apps), std::move(http2),
                                                                   std::move(collapse_key), std::move(wall))};
}

} // namespace belfry::io::mobile

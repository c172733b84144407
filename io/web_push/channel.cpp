#include "belfry/io/web_push/channel.hpp"

#include "belfry/config/formats.hpp"
#include "belfry/io/crypto/digest.hpp"
#include "belfry/io/crypto/encoding.hpp"
#include "belfry/io/mobile/push.hpp"
#include "belfry/io/outbound/progress_book.hpp"
#include "belfry/io/web_push/answer.hpp"
#include "belfry/io/web_push/encryption.hpp"
#include "belfry/io/web_push/message.hpp"
#include "belfry/io/web_push/services.hpp"
#include "belfry/io/web_push/vapid.hpp"
#include "belfry/io/webhook/endpoint.hpp"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <unordered_map>
#include <unordered_set>
#include <utility>

namespace belfry::io::web_push {

namespace {

/// Push services ask for waits of up to 2 minutes (WP-6).
constexpr retry_schedule retries{5'000, 2, 600'000, 0.2};
constexpr millis soon = 1'000;
/// A push service that asks for less and does not say for how long.
constexpr millis subscription_wait = 30'000;
/// Of a message that was too big although it was in the bounds, this much is tried once more.
constexpr std::size_t smaller = 1'200;
/// Subscriptions that got too much and are left alone for a while.
constexpr std::size_t slowed_max = 10'000;
/// Keys of subscriptions that are kept checked.
constexpr std::size_t keys_max = 10'000;
/// Origins of which it is known that they do not speak HTTP/2.
constexpr std::size_t origins_max = 1'000;
constexpr millis second = 1'000;
/// The trace keeps so much of a push service's id of a message.
constexpr std::size_t message_id_max = 200;
/// Some services refuse more (RFC 8030 leaves it to them): 28 days.
constexpr millis ttl_max = 2'419'200;

std::string host_of(const std::string& endpoint) {
  auto url = formats::parse_url(endpoint);
  return url ? url->host : std::string{};
}

/// What the requests for a delivery so far led to, where another one follows at once.
struct progress {
  bool renewed = false;
  bool shrunk = false;
  bool topic_dropped = false;
  /// Of the last outer plaintext.
  std::size_t sent_bytes = 0;

  bool any() const { return renewed || shrunk || topic_dropped; }
};

/// One push while it is with a push service.
struct job : progress {
  /// Nothing: a health check.
  std::optional<notification_id> delivery;
  web_push_subscription to;
  /// `derive_subscription_key`.
  std::string key;
  const service_policy* service = nullptr;
  std::string origin;
  /// Its host is in `webPush.allowedHosts`.
  bool allowed = false;
  std::function<void(attempt_result)> done;
  /// The outer plaintext in at most so many bytes, or the least that there is.
  std::function<std::string(std::size_t bytes_max)> text;
  /// Wall time from which it is of no use.
  millis expires_at = 0;
  std::string_view urgency = "normal";
  /// "": none.
  std::string topic;
  bool fresh_connection = false;
  bool call = false;
  bool by_http1 = false;
  millis sent_at = 0;
  /// Requests that another one followed at once.
  std::vector<belfry::attempt> earlier;

  std::size_t bytes_max() const { return shrunk ? std::min(smaller, sent_bytes * 3 / 4) : service->plaintext_max; }
};
using job_ptr = std::shared_ptr<job>;

// -- results ------------------------------------------------------------------

attempt_result made(outcome::verdict what, reason why, int status, std::string answer) {
  attempt_result r;
  r.answer.what = what;
  r.answer.why = why;
  r.answer.status = status;
  r.answer.answer = std::move(answer);
  return r;
}

/// RFC 8030 names a message by a URL, which may carry more than its id: the last segment.
std::string message_id_of(std::string_view location) {
  const auto path = location.substr(0, location.find_first_of("?#"));
  const auto slash = path.rfind('/');
  return std::string{path.substr(slash == std::string_view::npos ? 0 : slash + 1, message_id_max)};
}

attempt_result impossible(reason why) {
  attempt_result r;
  r.how = attempt_result::verdict::impossible;
  r.answer.why = why;
  return r;
}

attempt_result postponed(millis wait) {
  attempt_result r;
  r.how = attempt_result::verdict::postponed;
  r.wait = wait;
  return r;
}

attempt_result refused_address(transport_error why) {
  return made(outcome::verdict::refused, reason::refused_address, 0, std::string{to_string(why)});
}

attempt_result without_answer(const http_answer& a, bool fresh) {
  attempt_result r;
  if (a.error == transport_error::cancelled) {
    r.how = attempt_result::verdict::interrupted;
    return r;
  }
  if (a.error == transport_error::busy || a.error == transport_error::not_begun)
    return postponed(a.error == transport_error::busy ? soon : 0);
  if (a.error == transport_error::refused_address || a.error == transport_error::bad_url)
    return refused_address(a.error);
  r = made(outcome::verdict::again, reason::connection_failed, 0, std::string{to_string(a.error)});
  reason named{};
  if (from_string(r.answer.answer, named))
    r.answer.why = named;
  r.answer.kept_connection_lost = a.error == transport_error::kept_connection_lost && !fresh;
  return r;
}

attempt_result of_address(attempt_result r, address_news::verdict what, const job& j) {
  r.address.what = what;
  r.address.value = j.key;
  return r;
}

std::string_view urgency_of(kind k) {
  return k == kind::incoming_call || group_of(k) == group::requests ? "high" : "normal";
}

result<std::vector<vapid_signer>> make_signers(const web_push_options& o) {
  std::vector<vapid_signer> signers;
  auto add = [&](const secret& s, const std::string& name) -> result<success> {
    auto key = crypto::p256_key::from_text(s.value);
    if (!key)
      return error{ec::bad_input, name + " is not a P-256 private key", {}};
    signers.emplace_back(std::move(*key), o.subject);
    return success{};
  };
  auto ok = add(o.private_key, "webPush.privateKey");
  for (std::size_t i = 0; ok && i < o.previous_keys.size(); ++i)
    ok = add(o.previous_keys[i], "webPush.previousKeys[" + std::to_string(i) + "]");
  if (!ok)
    return ok.error();
  return signers;
}

bool is_agent(const addressee& who) {
  return who.profile != nullptr && who.profile->type == person_type::agent;
}

class web_push_channel_impl final : public web_push_channel,
                                    public std::enable_shared_from_this<web_push_channel_impl> {
public:
  web_push_channel_impl(const options& o, std::vector<vapid_signer> signers, std::unique_ptr<http_transport> http2,
                        http_transport& http1, std::string topic_key, std::function<millis()> wall)
      : options_(o.web_push),
        default_locale_(o.push.default_locale),
        outbound_(o.outbound),
        url_template_(url_template(o)),
        topic_key_(std::move(topic_key)),
        wall_(std::move(wall)),
        signers_(std::move(signers)),
        http1_(http1),
        http2_(std::move(http2)) {}

  // -- channel

  channel_kind kind() const override { return channel_kind::web_push; }
  channel_policy policy() const override { return {options_.delay.count(), retries}; }

  /// What shows nothing reaches open pages only (WP-10), but they must be told.
  bool takes(belfry::kind) const override { return true; }

  std::vector<endpoint> endpoints(const addressee& who, belfry::kind k) const override {
    std::vector<endpoint> out;
    if (is_silent(k) || !is_agent(who))
      return out;
    for (const auto& s : who.subscriptions) {
      if (takes(s))
        out.push_back({s.id, lane_of(s)});
    }
    return out;
  }

  reason usable(const std::string& target, const addressee& who, belfry::kind k) const override {
    auto s = std::find_if(who.subscriptions.begin(), who.subscriptions.end(),
                          [&](const web_push_subscription& x) { return x.stands_for(target); });
    const auto found = s != who.subscriptions.end() && takes(*s);
    return found && !is_silent(k) && is_agent(who) ? reason::none : reason::no_address;
  }

  void attempt(attempt_input in, std::function<void(attempt_result)> done) override {
    auto s = std::find_if(in.subscriptions.begin(), in.subscriptions.end(),
                          [&](const web_push_subscription& x) { return x.stands_for(in.which.target); });
    if (s == in.subscriptions.end())
      return done(impossible(reason::no_address));
    auto j = make_job(*s, std::move(done));
    j->delivery = in.which.id;
    static_cast<progress&>(*j) = progress_.take(in.which.id);
    const auto& n = in.what;
    j->expires_at = n.expires_at;
    j->urgency = urgency_of(n.kind);
    if (j->service->topic && !j->topic_dropped)
      j->topic = mobile::collapse_id(topic_key_, n, true);
    j->fresh_connection = in.fresh_connection;
    j->call = is_call(n.kind);
    const auto& words = mobile::phrases_in(in.recipient.profile.locale.value_or(""), default_locale_);
    j->text = [this, n, to = *s, count = in.conversation_count, service = j->service, &words](std::size_t bytes_max) {
      const auto& title = options_.unencrypted_default_notification_title;
      const auto declared = options_.declarative && service->declarative ? std::string_view{title} : std::string_view{};
      return seal_notification(n, to, {url_template_, wall_(), bytes_max, count, declared, words});
    };
    send(j);
  }

  // -- subscriptions

  std::string public_key() const override {
    std::lock_guard guard{lock_};
    return signers_.front().public_key();
  }

  result<bool> reload(const options& o) override {
    if (auto trusted = http2_->reload_trust(); !trusted)
      return trusted.error();
    auto fresh = make_signers(o.web_push);
    if (!fresh)
      return fresh.error();
    std::lock_guard guard{lock_};
    auto same = [](const vapid_signer& a, const vapid_signer& b) { return a.public_key() == b.public_key(); };
    const auto resumes = refused_.exchange(false);
    if (std::equal(fresh->begin(), fresh->end(), signers_.begin(), signers_.end(), same))
      return resumes;
    signers_ = std::move(*fresh);
    return true;
  }

  result<success> check(const subscription_input& s) const override {
    auto found = check_endpoint(s.endpoint);
    if (!read_keys(s.p256dh, s.auth)) {
      // Whichever is wrong is named: with the other one known to be good.
      static const auto good_auth = std::string(22, 'A');
      if (!read_keys(s.p256dh, good_auth))
        found.push_back({"/keys/p256dh", "must be an uncompressed P-256 point (65 bytes), in base64url"});
      else
        found.push_back({"/keys/auth", "must be 16 bytes, in base64url"});
    }
    if (!found.empty())
      return error{ec::bad_input, "the subscription cannot be used", std::move(found)};
    return success{};
  }

  bool made_for_us(const web_push_subscription& s) const override {
    std::lock_guard guard{lock_};
    return std::any_of(signers_.begin(), signers_.end(),
                       [&](const vapid_signer& x) { return x.public_key() == s.vapid_key; });
  }

  bool may_send_check(const web_push_subscription& s) const override {
    const auto host = host_of(s.endpoint);
    return takes(s) && is_allowed(host) && policy_of(host).silent;
  }

  void send_check(const web_push_subscription& to, std::string check, millis life,
                  std::function<void(attempt_result)> done) override {
    auto j = make_job(to, std::move(done));
    j->expires_at = wall_() + life;
    j->urgency = "high";
    j->text = [this, to, check = std::move(check)](std::size_t) { return seal_check(check, wall_(), to); };
    send(j);
  }

  std::string new_id() const override { return crypto::hex(crypto::random_bytes(16)); }
  std::string new_secret() const override { return crypto::base64url_encode(crypto::random_bytes(32)); }

private:
  bool takes(const web_push_subscription& s) const { return s.state != subscription_state::renewing && made_for_us(s); }

  std::string lane_of(const web_push_subscription& s) const {
    return "web_push/" + origin_of(s.endpoint) + "/" + s.vapid_key.substr(0, 16);
  }

  bool is_allowed(const std::string& host) const {
    const auto& allowed = options_.allowed_hosts;
    return std::any_of(allowed.begin(), allowed.end(),
                       [&](const std::string& pattern) { return matches_host(pattern, host); });
  }

  /// What holds for every address that comes in by the API, and that it is a push service we may call (WP-13).
  std::vector<problem> check_endpoint(const std::string& endpoint) const {
    auto out = webhooks::check_endpoint(endpoint, outbound_);
    const auto host = host_of(endpoint);
    if (!is_allowed(host))
      out.push_back({"/endpoint", "is not an allowed push service (webPush.allowedHosts): " + host});
    return out;
  }

  job_ptr make_job(const web_push_subscription& to, std::function<void(attempt_result)> done) const {
    auto j = std::make_shared<job>();
    j->to = to;
    j->key = derive_subscription_key(to);
    const auto host = host_of(to.endpoint);
    j->allowed = is_allowed(host);
    j->service = &policy_of(host);
    j->origin = origin_of(to.endpoint);
    j->done = std::move(done);
    return j;
  }

  void send(const job_ptr& j) {
    const auto now = j->sent_at = wall_();
    if (!j->allowed)
      return end(*j, refused_address(transport_error::refused_address));
    const auto ttl = std::min((j->expires_at - now) / second, ttl_max);
    if (ttl <= 0 && j->expires_at <= now)
      return end(*j, impossible(reason::expired));
    // What is newer takes its place in the lane meanwhile (WP-6). A check is the only one of its kind.
    if (const auto until = j->call || !j->delivery ? 0 : slowed_until(j->key); until > now)
      return end(*j, postponed(until - now));
    auto keys = keys_of(*j);
    if (!keys)
      return end(*j, impossible(reason::no_address));
    const auto text = j->text(j->bytes_max());
    j->sent_bytes = text.size();
    http_request r;
    r.url = j->to.endpoint;
    r.fresh_connection = j->fresh_connection;
    r.urgent = j->call;
    // At least 1, because not every service takes 0 (WP-7).
    r.headers = {{"TTL", std::to_string(std::max<millis>(ttl, 1))},
                 {"Content-Encoding", "aes128gcm"},
                 {"Content-Type", "application/octet-stream"},
                 {"Urgency", std::string{j->urgency}}};
    if (!j->topic.empty())
      r.headers.emplace_back("Topic", j->topic);
    if (j->service->cache_policy)
      r.headers.emplace_back("X-WNS-Cache-Policy", "cache");
    r.body = encrypt(*keys, text);
    {
      std::lock_guard guard{lock_};
      auto signer = std::find_if(signers_.begin(), signers_.end(),
                                 [&](const vapid_signer& x) { return x.public_key() == j->to.vapid_key; });
      // Never with a key that it was not made for (WP-5).
      if (signer == signers_.end())
        return end(*j, impossible(reason::no_address));
      r.headers.emplace_back("Authorization", signer->authorization(j->origin, now));
      j->by_http1 = j->by_http1 || http1_origins_.contains(j->origin) || !j->origin.starts_with("https:");
    }
    if (!j->by_http1)
      return http2_->send(std::move(r), [this, j](const http_answer& a) { on_answer(j, a); });
    // This client outlives the channel.
    http1_.send(std::move(r), [weak = weak_from_this(), j](const http_answer& a) {
      if (auto self = weak.lock())
        return self->on_answer(j, a);
      attempt_result stopped;
      stopped.how = attempt_result::verdict::interrupted;
      j->done(std::move(stopped));
    });
  }

  void on_answer(const job_ptr& j, const http_answer& a) {
    if (a.error != transport_error::none) {
      // A server without HTTP/2 breaks off while it is greeted; over HTTP/1.1 it either answers or says the same.
      if (!j->by_http1 && a.error == transport_error::tls) {
        j->by_http1 = true;
        j->earlier.push_back(note(*j, a, to_string(a.error)));
        return send(j);
      }
      return finish(*j, without_answer(a, j->fresh_connection), a);
    }
    const auto v = read_answer(a, *j->service, wall_());
    if (j->by_http1 && j->origin.starts_with("https:"))
      remember_http1(j->origin);
    switch (v.what) {
    case action::accepted: {
      auto r = made(outcome::verdict::accepted, reason::sent, a.status, "");
      r.message_id = message_id_of(a.header("location"));
      return finish(*j, std::move(r), a);
    }
    case action::gone: {
      auto r = made(outcome::verdict::gone, reason::address_dead, a.status, v.why);
      return finish(*j, of_address(std::move(r), address_news::verdict::gone, *j), a);
    }
    case action::renew: {
      auto r = made(outcome::verdict::refused, reason::provider_refused, a.status, v.why);
      return finish(*j, of_address(std::move(r), address_news::verdict::renewing, *j), a);
    }
    case action::stop:
      return refused_identity(j, a, v);
    case action::shrink:
      if (can_shrink(*j))
        return send_again(j, a, v.why);
      break;
    case action::drop_topic:
      if (!j->topic.empty()) {
        j->topic.clear();
        j->topic_dropped = true;
        return send_again(j, a, v.why);
      }
      break;
    case action::slow_down: {
      const auto wait = v.wait.value_or(subscription_wait);
      slow_down(j->key, wait);
      auto r = again(a, v, wait);
      r.answer.endpoint_healthy = true;
      return finish(*j, std::move(r), a);
    }
    case action::later:
      return finish(*j, again(a, v, v.wait.value_or(0)), a);
    case action::refused:
    case action::our_mistake:
      break;
    }
    auto r = made(outcome::verdict::refused, reason::provider_refused, a.status, v.why);
    if (v.what == action::our_mistake) {
      r.alarm = "bad_request";
      r.subject = j->origin;
    }
    finish(*j, std::move(r), a);
  }

  static attempt_result again(const http_answer& a, const verdict& v, millis wait) {
    auto r = made(outcome::verdict::again, reason::provider_refused, a.status, v.why);
    if (wait > 0)
      r.answer.retry_after = wait;
    return r;
  }

  /// Once more with a new token; when that does not help it is the key.
  void refused_identity(const job_ptr& j, const http_answer& a, const verdict& v) {
    {
      std::lock_guard guard{lock_};
      for (auto& s : signers_)
        s.forget(j->origin);
    }
    if (!std::exchange(j->renewed, true))
      return send_again(j, a, v.why);
    auto r = again(a, v, 0);
    refused_ = true;
    r.hold = probe_interval;
    r.alarm = "credentials_refused";
    r.subject = j->origin;
    finish(*j, std::move(r), a);
  }

  void finish(job& j, attempt_result r, const http_answer& a) {
    r.duration = a.duration.count();
    end(j, std::move(r));
  }

  /// Ends the attempt; one that was not made goes on from where this one came to.
  void end(job& j, attempt_result r) {
    if (r.how == attempt_result::verdict::postponed && j.delivery && j.any())
      progress_.keep(*j.delivery, j);
    r.earlier = std::move(j.earlier);
    j.done(std::move(r));
  }

  static belfry::attempt note(const job& j, const http_answer& a, std::string_view why) {
    return {j.sent_at, a.status, std::string{why}, a.duration.count()};
  }

  /// Another request follows the one that was answered, if the delivery is still wanted. A check always is.
  void send_again(const job_ptr& j, const http_answer& a, std::string_view why) {
    j->earlier.push_back(note(*j, a, why));
    if (!j->delivery)
      return send(j);
    finish(*j, postponed(0), a);
  }

  /// Whether what was too big goes once more with less. If so, that is noted.
  static bool can_shrink(job& j) {
    if (std::exchange(j.shrunk, true))
      return false;
    return j.text(j.bytes_max()).size() < j.sent_bytes;
  }

  millis slowed_until(const std::string& key) const {
    std::lock_guard guard{lock_};
    const auto i = slowed_.find(key);
    return i == slowed_.end() ? 0 : i->second;
  }

  /// The subscription gets too much: other pushes to it wait too.
  void slow_down(const std::string& key, millis wait) {
    const auto now = wall_();
    std::lock_guard guard{lock_};
    if (slowed_.size() >= slowed_max)
      std::erase_if(slowed_, [&](const auto& x) { return x.second <= now; });
    if (slowed_.size() < slowed_max)
      slowed_[key] = now + wait;
  }

  void remember_http1(const std::string& origin) {
    std::lock_guard guard{lock_};
    if (http1_origins_.size() >= origins_max)
      http1_origins_.clear();
    http1_origins_.insert(origin);
  }

  /// Checked once, and again when they were not used for long (WP-3).
  std::optional<subscription_keys> keys_of(const job& j) {
    {
      std::lock_guard guard{lock_};
      if (auto known = keys_.find(j.key); known != keys_.end())
        return known->second;
    }
    auto read = read_keys(j.to.p256dh, j.to.auth);
    std::lock_guard guard{lock_};
    if (keys_.size() >= keys_max)
      keys_.clear();
    if (read)
      keys_.emplace(j.key, *read);
    return read;
  }

  const web_push_options options_;
  const std::string default_locale_;
  const outbound_options outbound_;
  const std::string url_template_;
  const std::string topic_key_;
  const std::function<millis()> wall_;
  /// An identity was refused since the configuration was last read.
  std::atomic<bool> refused_{false};
  /// Of the containers below.
  mutable std::mutex lock_;
  /// The first one's key is what pages subscribe with.
  std::vector<vapid_signer> signers_;
  std::unordered_map<std::string, subscription_keys> keys_;
  std::unordered_set<std::string> http1_origins_;
  /// Subscriptions that got too much, by their keys, and until when they are left alone.
  std::unordered_map<std::string, millis> slowed_;
  progress_book<progress> progress_;
  http_transport& http1_;
  /// The last one, because its end answers what is under way.
  std::unique_ptr<http_transport> http2_;
};

} // namespace

result<std::shared_ptr<web_push_channel>> make_channel(const options& o, std::unique_ptr<http_transport> http2,
                                                       http_transport& http1, std::string topic_key,
                                                       std::function<millis()> wall) {
  auto signers = make_signers(o.web_push);
  if (!signers)
    return signers.error();
  return std::shared_ptr<web_push_channel>{std::make_shared<web_push_channel_impl>(
      o, std::move(*signers), std::move(http2), http1, std::move(topic_key), std::move(wall))};
}

} // namespace belfry::io::web_push

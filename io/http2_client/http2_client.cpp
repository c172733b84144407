#include "belfry/io/http2_client/http2_client.hpp"

#include "belfry/io/http2_client/pool.hpp"
#include "belfry/io/http2_client/request_url.hpp"

#include <algorithm>
#include <atomic>
#include <thread>
#include <unordered_map>

namespace belfry::io {

namespace {

using namespace http2;
using clock = std::chrono::steady_clock;
constexpr std::size_t spare_max = 4096;

struct finished {
  std::function<void(http_answer)> done;
  http_answer answer;
};

http_answer failure(transport_error why, bool unprocessed) {
  http_answer out;
  out.error = why;
  out.unprocessed = unprocessed;
  return out;
}

/// `http2_counts`, read by any thread.
struct counters {
  std::atomic<std::uint64_t> opened{0}, failed{0}, goaways{0}, lost{0}, resent{0}, busy{0};
};

class nghttp2_client final : public http2_client {
public:
  nghttp2_client(const outbound_options& options, http2_settings settings, std::shared_ptr<const tls_context> tls)
      : settings_(std::move(settings)),
        policy_(options),
        ca_file_(options.ca_file),
        proxy_(options.proxy_url.value),
        targets_(policy_),
        inbox_(std::make_shared<inbox>()),
        names_(settings_.lookup),
        environment_{policy_,
                     settings_,
                     sockets_,
                     std::move(tls),
                     {},
                     [this](const std::string& name, connection& asker) { return look_up(name, asker); },
                     [this](std::uint64_t id) { look_ups_.erase(id); },
                     [this](const connection_event& e) { note(e); }} {
    sockets_.want(inbox_->wake_fd(), EPOLLIN);
    thread_ = std::thread([this] { run(); });
  }

  ~nghttp2_client() override {
    inbox_->stop();
    thread_.join();
  }

  void send(http_request request, std::function<void(http_answer)> done) override {
    http_job job{std::move(request), std::move(done), clock::now()};
    if (!inbox_->put(job))
      job.done(failure(transport_error::cancelled, true));
  }

  result<success> reload_trust() override {
    auto tls = tls_context::make(ca_file_);
    if (!tls)
      return tls.error();
    {
      std::lock_guard lock(mutex_);
      new_tls_ = std::move(*tls);
    }
    // A name that nobody asked for wakes the thread.
    inbox_->put(resolved_name{});
    return success{};
  }

  http2_counts counts() const override {
    const auto& n = counts_;
    return {n.opened, n.failed, n.goaways, n.lost, n.resent, n.busy};
  }

private:
  void run() {
    inbox::batch batch;
    while (!batch.stopping) {
      now_ = clock::now();
      take(batch);
      if (now_ >= wake_at_)
        on_time();
      run_touched();
      report();
      inbox_->take(batch, true);
      if (batch.jobs.empty() && batch.names.empty() && !batch.stopping)
        wait();
    }
    cancel_all(batch);
  }

  void take(inbox::batch& batch) {
    for (auto& job : batch.jobs)
      accept(job);
    for (auto& name : batch.names)
      tell(name);
    batch.jobs.clear();
    batch.names.clear();
    take_trust();
  }

  void accept(http_job& job) {
    auto& x = take_exchange(job);
    const auto url = split_url(x.job.request.url);
    if (!url)
      return finish_now({&x, transport_error::bad_url, true});
    transport_error why = transport_error::none;
    auto* p = find_pool(x.job.request, *url, why);
    if (p == nullptr)
      return finish_now({&x, why, true});
    x.path = url->path;
    if (!p->add(x, now_))
      return finish_now({&x, transport_error::busy, true});
    touch(*p);
  }

  pool* find_pool(const http_request& r, const url_parts& url, transport_error& why) {
    key_.assign(url.origin).append(1, '\n').append(r.group).append(r.untrusted ? "\nu" : "\nt").append(r.proxy);
    if (auto i = pools_.find(key_); i != pools_.end())
      return i->second.get();
    auto where = make_origin(r, url, why);
    if (!where || !make_place(why))
      return nullptr;
    auto fresh = std::make_unique<pool>(environment_, std::move(*where), [this](finish f) { finish_now(f); });
    return pools_.emplace(key_, std::move(fresh)).first->second.get();
  }

  std::optional<origin> make_origin(const http_request& r, const url_parts& url, transport_error& why) {
    why = transport_error::bad_url;
    origin out;
    out.where = targets_.find(std::string(url.origin) + "/");
    if (!out.where)
      return std::nullopt;
    out.untrusted = r.untrusted;
    out.literal = literal_host(out.where->host);
    out.server = host_and_port(*out.where, true);
    out.authority = host_and_port(*out.where, false);
    if (r.untrusted && out.where->refused) {
      why = transport_error::refused_address;
      return std::nullopt;
    }
    const auto& proxy = r.proxy.empty() ? proxy_ : r.proxy;
    if (proxy.empty())
      return out;
    why = transport_error::proxy;
    out.proxy = parse_proxy(proxy);
    return out.proxy ? std::optional(std::move(out)) : std::nullopt;
  }

  /// There is room for one more pool, or the one that was longest without a request goes.
  bool make_place(transport_error& why) {
    if (pools_.size() < settings_.pools_max)
      return true;
    auto oldest = pools_.end();
    for (auto i = pools_.begin(); i != pools_.end(); ++i)
      if (i->second->idle() && (oldest == pools_.end() || i->second->last_used() < oldest->second->last_used()))
        oldest = i;
    why = transport_error::busy;
    if (oldest == pools_.end())
      return false;
    std::erase(touched_, oldest->second.get());
    oldest->second->stop();
    pools_.erase(oldest);
    return true;
  }

  std::uint64_t look_up(const std::string& name, connection& asker) {
    const auto id = ++last_look_up_;
    // The look-up may outlive the client, the inbox does not mind.
    auto found = [id, box = inbox_](std::vector<ip> addresses) { box->put(resolved_name{id, std::move(addresses)}); };
    if (!names_.resolve(name, std::move(found)))
      return 0;
    look_ups_.emplace(id, &asker);
    return id;
  }

  void tell(resolved_name& name) {
    const auto i = look_ups_.find(name.id);
    if (i == look_ups_.end())
      return;
    auto& c = *i->second;
    look_ups_.erase(i);
    c.on_addresses(std::move(name.addresses), now_);
    touch(c.owner());
  }

  void take_trust() {
    std::shared_ptr<const tls_context> fresh;
    {
      std::lock_guard lock(mutex_);
      fresh = std::exchange(new_tls_, nullptr);
    }
    if (!fresh)
      return;
    environment_.tls = std::move(fresh);
    for (auto& [key, p] : pools_) {
      p->renew();
      touch(*p);
    }
  }

  void touch(pool& p) {
    if (!std::exchange(p.touched, true))
      touched_.push_back(&p);
  }

  void on_time() {
    wake_at_ = time_point::max();
    for (auto& [key, p] : pools_) {
      if (p->next_time() <= now_)
        p->on_time(now_);
      wake_at_ = std::min(wake_at_, p->next_time());
    }
  }

  void run_touched() {
    for (auto* p : touched_) {
      p->touched = false;
      p->run(now_);
      wake_at_ = std::min(wake_at_, p->next_time());
    }
    touched_.clear();
  }

  void wait() {
    int ms = -1;
    if (wake_at_ != time_point::max())
      ms = static_cast<int>(std::clamp<std::int64_t>(
          std::chrono::ceil<std::chrono::milliseconds>(wake_at_ - clock::now()).count(), 0, 60'000));
    bool timed = false;
    sockets_.wait(ms, [&](int fd, std::uint32_t events) {
      if (fd == inbox_->wake_fd())
        return inbox_->drain();
      if (!std::exchange(timed, true))
        now_ = clock::now();
      if (auto* c = environment_.by_socket[static_cast<std::size_t>(fd)]) {
        c->on_socket(events, now_);
        touch(c->owner());
      }
    });
  }

  exchange& take_exchange(http_job& job) {
    std::unique_ptr<exchange> x;
    if (spare_.empty()) {
      x = std::make_unique<exchange>();
    } else {
      x = std::move(spare_.back());
      spare_.pop_back();
    }
    x->job = std::move(job);
    x->deadline = x->job.sent_at + x->job.request.timeout;
    x->resends = 0;
    x->answer = {};
    return *x.release();
  }

  /// Takes the exchange back, and keeps its answer for `report`.
  void finish_now(const finish& f) {
    std::unique_ptr<exchange> x(f.what);
    if (f.error != transport_error::none)
      x->answer = failure(f.error, f.unprocessed);
    if (f.error == transport_error::busy || f.error == transport_error::not_begun)
      ++counts_.busy;
    counts_.resent += static_cast<std::uint64_t>(x->resends);
    x->answer.duration = std::chrono::duration_cast<std::chrono::milliseconds>(now_ - x->job.sent_at);
    finished_.push_back({std::move(x->job.done), std::move(x->answer)});
    if (spare_.size() < spare_max)
      spare_.push_back(std::move(x));
  }

  void report() {
    // What `done` sends comes by the inbox: this list does not grow meanwhile.
    for (auto& f : finished_)
      f.done(std::move(f.answer));
    finished_.clear();
  }

  void note(const connection_event& e) {
    switch (e.kind) {
    case connection_event::what::opened:
      ++counts_.opened;
      break;
    case connection_event::what::failed:
      ++counts_.failed;
      break;
    case connection_event::what::leaving:
      ++counts_.goaways;
      break;
    case connection_event::what::lost:
      ++counts_.lost;
      break;
    case connection_event::what::closed:
      break;
    }
    if (settings_.on_event)
      settings_.on_event(e);
  }

  void cancel_all(inbox::batch& batch) {
    for (auto& [key, p] : pools_)
      p->stop();
    pools_.clear();
    do {
      for (auto& job : batch.jobs)
        finish_now({&take_exchange(job), transport_error::cancelled, true});
      batch.jobs.clear();
      batch.names.clear();
      report();
      inbox_->take(batch, false);
    } while (!batch.jobs.empty() || !inbox_->close());
  }

  http2_settings settings_;
  address_policy policy_;
  std::string ca_file_;
  std::string proxy_;
  poller sockets_;
  target_cache targets_;
  std::shared_ptr<inbox> inbox_;
  name_resolver names_;
  environment environment_;
  std::unordered_map<std::string, std::unique_ptr<pool>> pools_;
  std::unordered_map<std::uint64_t, connection*> look_ups_;
  std::uint64_t last_look_up_ = 0;
  std::vector<pool*> touched_;
  std::vector<finished> finished_;
  std::vector<std::unique_ptr<exchange>> spare_;
  std::string key_;
  time_point now_{};
  time_point wake_at_ = time_point::max();
  counters counts_;

  std::mutex mutex_;
  std::shared_ptr<const tls_context> new_tls_;
  std::thread thread_;
};

} // namespace

result<std::unique_ptr<http2_client>> make_http2_client(const outbound_options& options, http2_settings settings) {
  const auto& proxy = options.proxy_url.value;
  if (!proxy.empty() && !parse_proxy(proxy))
    return error{ec::bad_input, "outbound.proxyUrl: push services are reached through a proxy of scheme http only", {}};
  auto tls = tls_context::make(options.ca_file);
  if (!tls)
    return tls.error();
  return std::unique_ptr<http2_client>(std::make_unique<nghttp2_client>(options, std::move(settings), std::move(*tls)));
}

} // namespace belfry::io

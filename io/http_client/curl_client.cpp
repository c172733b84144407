#include "belfry/io/http_client/curl_client.hpp"

#include "belfry/io/http_client/transfer.hpp"
#include "belfry/io/outbound/inbox.hpp"
#include "belfry/io/outbound/name_resolver.hpp"
#include "belfry/io/outbound/poller.hpp"
#include "belfry/io/outbound/target.hpp"
#include "belfry/io/outbound/trust.hpp"

#include <curl/curl.h>
#include <unistd.h>

#include <algorithm>
#include <thread>
#include <unordered_map>

namespace belfry::io {

namespace {

using clock = std::chrono::steady_clock;
constexpr std::size_t idle_transfers_max = 1024;

/// curl wants this once per process, before its threads start.
void start_curl() {
  static const auto started = curl_global_init(CURL_GLOBAL_DEFAULT);
  static_cast<void>(started);
}

/// Where curl would look for certificates is no file: the extra ones stand alone.
std::string own_ca_file(const outbound_options& options) {
  const auto* usual = curl_version_info(CURLVERSION_NOW)->cainfo;
  const bool there = usual != nullptr && ::access(usual, R_OK) == 0;
  return there ? std::string() : options.ca_file;
}

struct finished {
  std::function<void(http_answer)> done;
  http_answer answer;
};

class curl_client final : public http_transport {
public:
  curl_client(const outbound_options& options, client_settings settings, extra_trust trust)
      : settings_(std::move(settings)),
        policy_(options),
        trust_(std::make_shared<const extra_trust>(std::move(trust))),
        trust_file_(options.ca_file),
        ca_file_(own_ca_file(options)),
        proxy_(options.proxy_url.value),
        share_(curl_share_init()),
        multi_(curl_multi_init()),
        context_{policy_, settings_, trust_, trust_read_at_, ca_file_, sockets_, share_},
        targets_(policy_),
        inbox_(new inbox),
        names_(settings_.lookup) {
    curl_share_setopt(share_, CURLSHOPT_SHARE, CURL_LOCK_DATA_SSL_SESSION);
    curl_multi_setopt(multi_, CURLMOPT_SOCKETFUNCTION, on_socket);
    curl_multi_setopt(multi_, CURLMOPT_SOCKETDATA, this);
    curl_multi_setopt(multi_, CURLMOPT_TIMERFUNCTION, on_timer);
    curl_multi_setopt(multi_, CURLMOPT_TIMERDATA, this);
    curl_multi_setopt(multi_, CURLMOPT_MAXCONNECTS, static_cast<long>(settings_.connections_max));
    sockets_.want(inbox_->wake_fd(), EPOLLIN);
    thread_ = std::thread([this] { run(); });
  }

  ~curl_client() override {
    inbox_->stop();
    thread_.join();
    idle_.clear();
    curl_multi_cleanup(multi_);
    curl_share_cleanup(share_);
  }

  void send(http_request request, std::function<void(http_answer)> done) override {
    http_job job{std::move(request), std::move(done), clock::now()};
    if (!inbox_->put(job))
      job.done(failure(job, transport_error::cancelled));
  }

  result<success> reload_trust() override {
    auto trust = extra_trust::load(trust_file_);
    if (!trust)
      return trust.error();
    std::atomic_store(&trust_, std::make_shared<const extra_trust>(std::move(*trust)));
    trust_read_at_ = clock::now().time_since_epoch().count();
    return success{};
  }

private:
  struct waiting_job {
    http_job job;
    std::shared_ptr<const target> where;
    clock::time_point deadline;
  };

  void run() {
    inbox::batch batch;
    while (!batch.stopping) {
      take(batch);
      if (timer_ && *timer_ <= clock::now())
        act(CURL_SOCKET_TIMEOUT, 0);
      collect();
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
    for (const auto& name : batch.names)
      on_resolved(name);
    batch.jobs.clear();
    batch.names.clear();
    expire_waiting();
  }

  void accept(http_job& job) {
    auto where = targets_.find(job.request.url);
    if (!where)
      return fail(job, transport_error::bad_url);
    if (job.request.untrusted && where->refused)
      return fail(job, transport_error::refused_address);
    const auto& proxy = job.request.proxy.empty() ? proxy_ : job.request.proxy;
    if (job.request.untrusted && !proxy.empty() && !where->literal)
      return look_up(job, where);
    start(job, where, job.request.timeout);
  }

  /// The proxy will resolve the name: what we can resolve is judged first (SPEC 8).
  void look_up(http_job& job, const std::shared_ptr<const target>& where) {
    const auto id = next_id_++;
    // The look-up may outlive the client, the inbox does not mind.
    auto found = [id, box = inbox_](std::vector<ip> addresses) { box->put(resolved_name{id, std::move(addresses)}); };
    if (!names_.resolve(where->host, std::move(found)))
      return fail(job, transport_error::timeout);
    auto deadline = job.sent_at + job.request.timeout;
    waiting_.emplace(id, waiting_job{std::move(job), where, deadline});
  }

  void on_resolved(const resolved_name& name) {
    auto i = waiting_.find(name.id);
    if (i == waiting_.end())
      return;
    auto w = std::move(i->second);
    waiting_.erase(i);
    const auto& found = name.addresses;
    if (!std::all_of(found.begin(), found.end(), [this](const ip& x) { return policy_.allowed(x); }))
      return fail(w.job, transport_error::refused_address);
    auto left = std::chrono::duration_cast<std::chrono::milliseconds>(w.deadline - clock::now());
    start(w.job, w.where, left);
  }

  void expire_waiting() {
    auto now = clock::now();
    for (auto i = waiting_.begin(); i != waiting_.end();) {
      if (i->second.deadline > now) {
        ++i;
        continue;
      }
      fail(i->second.job, transport_error::timeout);
      i = waiting_.erase(i);
    }
  }

  void start(http_job& job, const std::shared_ptr<const target>& where, std::chrono::milliseconds left) {
    std::unique_ptr<transfer> t;
    if (idle_.empty()) {
      t = std::make_unique<transfer>(context_);
    } else {
      t = std::move(idle_.back());
      idle_.pop_back();
    }
    const auto proxy = job.request.proxy.empty() ? proxy_ : job.request.proxy;
    if (auto e = t->prepare(job, where, proxy, left); e != transport_error::none) {
      fail(job, e);
      return keep(std::move(t));
    }
    curl_multi_add_handle(multi_, t->handle());
    t->place = active_.size();
    active_.push_back(std::move(t));
  }

  void keep(std::unique_ptr<transfer> t) {
    if (idle_.size() < idle_transfers_max)
      idle_.push_back(std::move(t));
  }

  static http_answer failure(const http_job& job, transport_error e) {
    http_answer out;
    out.error = e;
    out.duration = std::chrono::duration_cast<std::chrono::milliseconds>(clock::now() - job.sent_at);
    return out;
  }

  void fail(http_job& job, transport_error e) { finished_.push_back({std::move(job.done), failure(job, e)}); }

  void wait() {
    auto limit = std::optional<clock::time_point>(timer_);
    for (const auto& [id, w] : waiting_)
      limit = std::min(limit.value_or(w.deadline), w.deadline);
    int ms = -1;
    if (limit)
      ms = static_cast<int>(std::clamp<std::int64_t>(
          std::chrono::ceil<std::chrono::milliseconds>(*limit - clock::now()).count(), 0, 60'000));
    sockets_.wait(ms, [this](int fd, std::uint32_t events) {
      if (fd == inbox_->wake_fd())
        return inbox_->drain();
      int flags = (events & EPOLLIN) != 0 ? CURL_CSELECT_IN : 0;
      flags |= (events & EPOLLOUT) != 0 ? CURL_CSELECT_OUT : 0;
      flags |= (events & (EPOLLERR | EPOLLHUP)) != 0 ? CURL_CSELECT_ERR : 0;
      act(fd, flags);
    });
  }

  void act(curl_socket_t fd, int flags) {
    if (fd == CURL_SOCKET_TIMEOUT)
      timer_.reset();
    int running = 0;
    curl_multi_socket_action(multi_, fd, flags, &running);
  }

  void collect() {
    int left = 0;
    while (auto* message = curl_multi_info_read(multi_, &left)) {
      if (message->msg != CURLMSG_DONE)
        continue;
      transfer* t = nullptr;
      curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &t);
      const auto code = message->data.result;
      // Answer first: removing the handle forgets what curl knows of the request.
      finished_.push_back({t->take_done(), t->finish(code)});
      curl_multi_remove_handle(multi_, t->handle());
      keep(take_out(t->place));
    }
  }

  std::unique_ptr<transfer> take_out(std::size_t place) {
    auto t = std::move(active_[place]);
    if (place + 1 < active_.size()) {
      active_[place] = std::move(active_.back());
      active_[place]->place = place;
    }
    active_.pop_back();
    return t;
  }

  void report() {
    // What `done` sends comes by the inbox: this list does not grow meanwhile.
    for (auto& f : finished_)
      f.done(std::move(f.answer));
    finished_.clear();
  }

  void cancel_all(inbox::batch& batch) {
    while (!active_.empty()) {
      auto t = take_out(active_.size() - 1);
      finished_.push_back({t->take_done(), t->cancel()});
      curl_multi_remove_handle(multi_, t->handle());
    }
    for (auto& [id, w] : waiting_)
      fail(w.job, transport_error::cancelled);
    waiting_.clear();
    do {
      for (auto& job : batch.jobs)
        fail(job, transport_error::cancelled);
      batch.jobs.clear();
      batch.names.clear();
      report();
      inbox_->take(batch, false);
    } while (!batch.jobs.empty() || !inbox_->close());
  }

  static int on_socket(CURL*, curl_socket_t fd, int what, void* self, void*) {
    std::uint32_t events = 0;
    if (what == CURL_POLL_IN || what == CURL_POLL_INOUT)
      events |= EPOLLIN;
    if (what == CURL_POLL_OUT || what == CURL_POLL_INOUT)
      events |= EPOLLOUT;
    static_cast<curl_client*>(self)->sockets_.want(fd, events);
    return 0;
  }

  static int on_timer(CURLM*, long ms, void* self) {
    auto& timer = static_cast<curl_client*>(self)->timer_;
    if (ms < 0)
      timer.reset();
    else
      timer = clock::now() + std::chrono::milliseconds(ms);
    return 0;
  }

  client_settings settings_;
  address_policy policy_;
  std::shared_ptr<const extra_trust> trust_;
  std::atomic<clock::rep> trust_read_at_{0};
  const std::string trust_file_;
  std::string ca_file_;
  std::string proxy_;
  // Sockets are told of every close: they must outlive all of curl.
  poller sockets_;
  CURLSH* share_;
  CURLM* multi_;
  transfer_context context_;
  target_cache targets_;
  std::shared_ptr<inbox> inbox_;
  name_resolver names_;
  std::optional<clock::time_point> timer_;
  std::vector<std::unique_ptr<transfer>> active_;
  std::vector<std::unique_ptr<transfer>> idle_;
  std::unordered_map<std::uint64_t, waiting_job> waiting_;
  std::uint64_t next_id_ = 1;
  std::vector<finished> finished_;
  std::thread thread_;
};

} // namespace

result<std::unique_ptr<http_transport>> make_http_client(const outbound_options& options,
                                                         const client_settings& settings) {
  start_curl();
  auto trust = extra_trust::load(options.ca_file);
  if (!trust)
    return trust.error();
  return std::unique_ptr<http_transport>(std::make_unique<curl_client>(options, settings, std::move(*trust)));
}

} // namespace belfry::io

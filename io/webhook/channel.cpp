#include "belfry/io/webhook/channel.hpp"

#include "belfry/io/webhook/answer.hpp"
#include "belfry/io/webhook/registration.hpp"

#include <algorithm>

namespace belfry::io::webhooks {

namespace {

class webhook_channel final : public channel, public std::enable_shared_from_this<webhook_channel> {
public:
  webhook_channel(const options& o, http_transport& transport, const wall_clock& clock,
                  registration_source registrations, endpoint_report report)
      : options_(o.webhooks),
        transport_(transport),
        clock_(clock),
        registrations_(std::move(registrations)),
        report_(std::move(report)),
        codec_(o, registrations_.list) {}

  channel_kind kind() const override { return channel_kind::webhook; }

  channel_policy policy() const override {
    return {options_.delay.count(),
            {options_.retry_first.count(), options_.retry_factor, options_.retry_max.count(), options_.retry_jitter}};
  }

  bool takes(belfry::kind k) const override { return options_.enabled && registrations_.takes(k); }

  std::vector<endpoint> endpoints(const addressee&, belfry::kind k) const override {
    std::vector<endpoint> out;
    if (!options_.enabled)
      return out;
    auto list = registrations_.list();
    for (const auto& w : *list) {
      if (w.status == webhook_status::active && event_name_for(w, k))
        out.push_back({w.id});
    }
    return out;
  }

  /// The address is usable while its registration is active and takes the kind.
  reason usable(const std::string& target, const addressee&, belfry::kind k) const override {
    if (!options_.enabled)
      return reason::channel_disabled;
    auto w = find(target);
    if (!w)
      return reason::registration_inactive;
    if (w->status != webhook_status::active)
      return reason::registration_inactive;
    return event_name_for(*w, k) ? reason::none : reason::no_address;
  }

  void attempt(attempt_input in, std::function<void(attempt_result)> done) override {
    auto made = codec_.make(in.what, in.which, in.recipient, device_tokens(in.devices), in.now);
    if (!made) {
      attempt_result r;
      r.how = attempt_result::verdict::impossible;
      r.answer.why = reason::registration_inactive;
      return done(std::move(r));
    }
    made->request.fresh_connection = in.fresh_connection;
    transport_.send(std::move(made->request), [self = shared_from_this(), id = in.which.target, version = made->version,
                                               fresh = in.fresh_connection, done = std::move(done)](
                                                  const http_answer& a) { done(self->read(a, id, version, fresh)); });
  }

private:
  /// The registration as it is now; nullptr: there is none.
  std::shared_ptr<const webhook> find(const webhook_id& id) const {
    auto list = registrations_.list();
    auto w = std::find_if(list->begin(), list->end(), [&](const webhook& x) { return x.id == id; });
    return {list, w == list->end() ? nullptr : &*w};
  }

  attempt_result read(const http_answer& a, const webhook_id& id, std::uint64_t version, bool fresh) const {
    attempt_result r;
    if (a.error == transport_error::cancelled) {
      r.how = attempt_result::verdict::interrupted;
      return r;
    }
    r.answer = read_answer(a, clock_.now());
    r.duration = a.duration.count();
    // A kept connection that was closed says nothing of the endpoint, unless a new one does not help.
    if (!r.answer.kept_connection_lost || fresh)
      report(id, r.answer, version);
    return r;
  }

  /// The registration is told of endpoints that begin or cease to fail, and of those that are gone.
  void report(const webhook_id& id, const outcome& o, std::uint64_t version) const {
    if (o.what == outcome::verdict::accepted) {
      auto w = find(id);
      if (!w || w->failing_since == 0)
        return;
    }
    report_(id, o.what, version);
  }

  const webhook_options& options_;
  http_transport& transport_;
  const wall_clock& clock_;
  registration_source registrations_;
  endpoint_report report_;
  codec codec_;
};

} // namespace

std::shared_ptr<channel> make_channel(const options& o, http_transport& transport, const wall_clock& clock,
                                      registration_source registrations, endpoint_report report) {
  return std::make_shared<webhook_channel>(o, transport, clock, std::move(registrations), std::move(report));
}

} // namespace belfry::io::webhooks

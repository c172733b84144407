#include "belfry/io/email/channel.hpp"

#include "belfry/io/email/compose.hpp"
#include "belfry/io/email/smtp_pool.hpp"
#include "belfry/io/outbound/progress_book.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <utility>

namespace belfry::io::email {

namespace {

/// Connections to the mail server; more are held against a sender (PROTOCOLS S-5).
constexpr std::size_t connections_max = 4;
/// More, for calls alone (SPEC 12).
constexpr std::size_t connections_for_calls = 2;

/// A mail that is refused for now waits minutes first (S-3), as greylisting servers want it.
constexpr retry_schedule retries{120'000, 2.5, 3'600'000, 0.2};
constexpr millis soon = 1'000;
/// So many mailboxes in a row that a bare 550 calls bad may be bad; more accuse the server or the configuration.
constexpr int bad_in_a_row_max = 5;

constexpr std::array mail_kinds{kind::new_message, kind::incoming_call, kind::missed_call};

smtp_settings settings_of(const options& o) {
  smtp_settings s;
  s.host = o.email.smtp_host;
  s.port = o.email.smtp_port;
  s.tls = o.email.tls;
  s.user = o.email.smtp_user;
  s.password = o.email.smtp_password;
  s.client_name = host_of(envelope_address(o.email.from).value_or("belfry@localhost"));
  s.proxy = o.outbound.proxy_url.value;
  return s;
}

/// What `smtp_result::answer` says of a mail that was cut short by the end of the pool.
constexpr std::string_view cancelled = "cancelled";

/// What the mails for a delivery so far led to, where another one follows at once.
struct progress {
  /// The whole was too big.
  bool brief = false;
  /// The server said goodbye.
  bool reconnected = false;

  bool any() const { return brief || reconnected; }
};

/// One delivery while it is with the server.
struct job : progress {
  attempt_input in;
  std::function<void(attempt_result)> done;
};

class email_channel final : public channel {
public:
  email_channel(const options& o, std::string unsubscribe_key, extra_trust trust)
      : delay_(o.email.delay.count()),
        server_(o.email.smtp_host),
        from_(envelope_address(o.email.from).value_or("")),
        composer_(o, std::move(unsubscribe_key)),
        settings_(settings_of(o)),
        pool_(settings_, std::move(trust), connections_max, connections_for_calls) {}

  channel_kind kind() const override { return channel_kind::email; }
  channel_policy policy() const override { return {delay_, retries}; }

  bool takes(belfry::kind k) const override {
    return std::find(mail_kinds.begin(), mail_kinds.end(), k) != mail_kinds.end();
  }

  std::vector<endpoint> endpoints(const addressee& who, belfry::kind k) const override {
    if (!takes(k) || !has_mailbox(who) || left_alone(who, k))
      return {};
    return {{std::string{mailbox_target}, server_}};
  }

  reason usable(const std::string&, const addressee& who, belfry::kind k) const override {
    if (!has_mailbox(who))
      return reason::no_address;
    return left_alone(who, k) ? reason::address_suppressed : reason::none;
  }

  result<bool> reload(const options& o) override {
    auto trust = extra_trust::load(o.outbound.ca_file);
    if (!trust)
      return trust.error();
    auto settings = settings_;
    settings.password = o.email.smtp_password;
    pool_.replace(std::move(settings), std::move(*trust));
    return true;
  }

  void attempt(attempt_input in, std::function<void(attempt_result)> done) override {
    const auto before = progress_.take(in.which.id);
    send(std::make_shared<job>(job{before, std::move(in), std::move(done)}));
  }

private:
  static bool has_mailbox(const addressee& who) {
    return who.profile != nullptr && who.profile->email && envelope_address(*who.profile->email);
  }

  /// The address that the notes speak of is the one that the person has now; another one starts anew.
  static bool left_alone(const addressee& who, belfry::kind k) {
    return std::any_of(who.notes.begin(), who.notes.end(), [&](const address_note& n) {
      if (n.channel != channel_kind::email)
        return false;
      if (n.what == address_note::mark::declined)
        return n.about == k;
      return n.what == address_note::mark::suppressed && n.value == *who.profile->email && n.until > who.now;
    });
  }

  void send(const std::shared_ptr<job>& j) {
    auto mail = composer_.compose(j->in.what, j->in.which, j->in.recipient, j->brief);
    auto to = mail ? envelope_address(mail->to_address) : std::nullopt;
    auto content = mail ? to_mime(*mail) : std::nullopt;
    if (!content || !to) {
      attempt_result r;
      r.how = attempt_result::verdict::impossible;
      r.answer.why = reason::no_address;
      return j->done(std::move(r));
    }
    pool_.send({from_, std::move(*to), std::move(*content)}, is_call(j->in.what.kind),
               [this, j](const smtp_result& r) { answered(j, r); });
  }

  void answered(const std::shared_ptr<job>& j, const smtp_result& r) {
    if (r.answer == cancelled)
      return j->done(interrupted());
    auto out = follows(r, *j) ? followed() : read(r, *j);
    if (out.how == attempt_result::verdict::postponed && j->any())
      progress_.keep(j->in.which.id, *j);
    // What counts as no attempt is in the trace all the same, unless nothing was sent.
    if (out.how == attempt_result::verdict::postponed && r.what != verdict::not_begun)
      out.earlier.push_back({j->in.now, r.status, r.answer, r.duration.count()});
    j->done(std::move(out));
  }

  /// Whether another mail follows the one that was answered; once for each cause.
  static bool follows(const smtp_result& r, job& j) {
    if (r.what == verdict::too_big)
      return !std::exchange(j.brief, true);
    return r.what == verdict::reconnect && !std::exchange(j.reconnected, true);
  }

  /// The lane asks the person again before the next mail, whose reason may be gone.
  static attempt_result followed() {
    attempt_result r;
    r.how = attempt_result::verdict::postponed;
    return r;
  }

  static attempt_result interrupted() {
    attempt_result r;
    r.how = attempt_result::verdict::interrupted;
    return r;
  }

  attempt_result read(const smtp_result& r, const job& j) {
    attempt_result out;
    out.duration = r.duration.count();
    out.answer.status = r.status;
    out.answer.answer = r.answer;
    out.answer.why = reason::provider_refused;
    switch (r.what) {
    case verdict::accepted:
      bad_in_a_row_ = 0;
      out.answer.why = reason::sent;
      break;
    case verdict::again:
    case verdict::reconnect:
      out.answer.what = outcome::verdict::again;
      if (r.status == 0 && !from_string(r.answer, out.answer.why))
        out.answer.why = reason::connection_failed;
      // A server that answers about one mailbox works (greylisting, a full mailbox).
      out.answer.endpoint_healthy = r.status != 0 && r.what == verdict::again;
      break;
    case verdict::address_bad:
      if (r.answer.empty() && ++bad_in_a_row_ > bad_in_a_row_max) {
        out.answer.what = outcome::verdict::refused;
        raise(out, "configuration_suspected");
        break;
      }
      out.answer.what = outcome::verdict::gone;
      out.answer.why = reason::address_dead;
      suppress(out, r, j);
      break;
    case verdict::sender_refused:
      out.answer.what = outcome::verdict::refused;
      raise(out, "sender_refused");
      break;
    case verdict::not_authorized:
      out.how = attempt_result::verdict::postponed;
      // When the hold is lifted it may go.
      out.wait = soon;
      out.hold = probe_interval;
      raise(out, "credentials_refused");
      break;
    case verdict::not_begun:
      out.how = attempt_result::verdict::postponed;
      break;
    case verdict::too_big:
    case verdict::refused:
      out.answer.what = outcome::verdict::refused;
      break;
    }
    return out;
  }

  void suppress(attempt_result& out, const smtp_result& r, const job& j) const {
    out.address.what = address_news::verdict::suppressed;
    out.address.value = j.in.recipient.profile.email.value_or("");
    out.address.code = r.answer.empty() ? std::to_string(r.status) : r.answer;
    out.address.lasts = suppression_time;
  }

  void raise(attempt_result& out, const char* why) const {
    out.alarm = why;
    out.subject = server_;
  }

  const millis delay_;
  const std::string server_, from_;
  const composer composer_;
  /// Mailboxes that a bare code called bad since a mail was last taken.
  std::atomic<int> bad_in_a_row_{0};
  progress_book<progress> progress_;
  /// As at the start; of a later configuration the password alone is taken.
  const smtp_settings settings_;
  /// The last one, because its end answers what is under way.
  smtp_pool pool_;
};

} // namespace

result<std::shared_ptr<channel>> make_channel(const options& o, std::string unsubscribe_key) {
  auto trust = extra_trust::load(o.outbound.ca_file);
  if (!trust)
    return trust.error();
  return std::shared_ptr<channel>{std::make_shared<email_channel>(o, std::move(unsubscribe_key), std::move(*trust))};
}

} // namespace belfry::io::email

// How many mails a second, beside Node's nodemailer with its pool at the same mail server? Once MIME and SMTP client
// alone, once the engine from publish to server.
#include "belfry/benchmarks/support/beside.hpp"
#include "belfry/benchmarks/support/smtp_sink.hpp"
#include "belfry/benchmarks/support/usage.hpp"
#include "belfry/benchmarks/support/workload.hpp"
#include "belfry/io/email/channel.hpp"

#include <stdexcept>

using namespace belfry;
using namespace belfry::bench;

namespace {

/// Mails given to either at a time: what a lane has in flight by default.
constexpr std::size_t under_way = 30;
/// Of the channel; the peer gets as many.
constexpr auto connections = "4";

int rounds_of(const settings& o) {
  return o.smoke ? 1 : 3;
}

std::size_t mails_of(const settings& o) {
  return o.smoke ? 200 : 20'000;
}

/// Of the peer, which is slow.
std::size_t peer_mails_of(const settings& o) {
  return o.smoke ? 50 : 8'000;
}

/// The mail server in a process of its own, and options that lead there. Mails look as the peer's do.
struct stage {
  stage() : sink{serve_mails} {
    if (!sink.wait_ready(10))
      throw std::runtime_error("the sink does not begin");
  }

  options opts() {
    options o;
    o.webhooks.enabled = false;
    o.email.enabled = true;
    o.email.from = "Bank <chat@bank.example>";
    o.email.smtp_host = "127.0.0.1";
    o.email.smtp_port = static_cast<std::uint16_t>(sink.shared().port.load());
    o.email.tls = smtp_tls::none;
    o.email.conversation_url = "https://bank.example/c/${conversationId}";
    o.email.templates["new_message"]["en-US"] = {
        "New message from ${senderName}",
        "Hello\n\n${senderName} wrote:\n\n${messageText}\n\nOpen the conversation: ${conversationUrl}\n",
        "<p>Hello</p>\n<p>${senderName} wrote:</p>\n<blockquote>${messageText}</blockquote>\n"
        "<p><a href=\"${conversationUrl}\">Open the conversation</a></p>\n"};
    o.http.public_url = "https://bank.example";
    return o;
  }

  helper sink;
};

person_profile profile_of(std::size_t i) {
  person_profile p;
  p.type = person_type::visitor;
  p.email = "person-" + std::to_string(i) + "@example.com";
  return p;
}

cost by_client(stage& s, std::size_t count, const std::string& who, figures& out) {
  auto c = value_of(io::email::make_channel(s.opts(), std::string(32, 'k')));
  std::vector<io::attempt_input> all;
  for (std::size_t i = 0; i < count; ++i)
    all.push_back(first_attempt(i, 1, profile_of(i), channel_kind::email, io::email::mailbox_target));
  return by_channel(*c, std::move(all), under_way, who, out);
}

/// publish to server, one visitor with a mailbox a conversation.
cost by_engine(stage& s, std::size_t count, const std::string& who, figures& out) {
  scratch folder;
  auto o = s.opts();
  o.store.path = folder.store().string();
  o.push.debounce_delay = std::chrono::milliseconds{0};
  auto e = start_engine(o);
  start_conversations(*e, 0, count, 2);
  store_persons(*e, count, 1, profile_of);
  return by_publishing(*e, one_message_each(count, 0), s.sink.shared(), who, out);
}

void beside_nodemailer(const std::string& who, double target, const settings& o, figures& out,
                       const std::function<cost(stage&)>& send) {
  stage s;
  const auto& counts = s.sink.shared();
  // Bytes of a mail, so that a difference shows.
  auto bytes_of = [&](const auto& work) {
    const auto mails = counts.count.load(), bytes = counts.extra[0].load();
    auto c = work();
    const auto taken = static_cast<double>(counts.count - mails);
    return std::pair{c, taken > 0 ? static_cast<double>(counts.extra[0] - bytes) / taken : 0};
  };
  double own_bytes = 0, peer_bytes = 0;
  auto own = [&] {
    auto [c, bytes] = bytes_of([&] { return send(s); });
    own_bytes = bytes;
    return c;
  };
  auto peer = [&] {
    const auto n = peer_mails_of(o);
    const auto words = std::to_string(counts.port.load()) + " " + std::to_string(n) + " " + std::to_string(under_way)
                       + " " + connections;
    auto [c, bytes] = bytes_of([&] { return by_node("email.mjs", words, n, who, out); });
    peer_bytes = bytes;
    return c;
  };
  const auto r = in_turns(who, "nodemailer", rounds_of(o), own, peer, out);
  out.add(who + ": size", own_bytes, "bytes/mail");
  if (!r)
    return;
  out.add(who + ": size of nodemailer", peer_bytes, "bytes/mail");
  out.add(who + ": rate beside nodemailer", r->rate, "ratio", bound::at_least, target);
  out.add(who + ": work per CPU beside nodemailer", r->cpu, "ratio");
}

void client(const settings& o, figures& out) {
  const std::string who = "email client";
  beside_nodemailer(who, 4, o, out, [&](stage& s) { return by_client(s, mails_of(o), who, out); });
}

void whole_engine(const settings& o, figures& out) {
  const std::string who = "email engine";
  beside_nodemailer(who, 2, o, out, [&](stage& s) { return by_engine(s, mails_of(o), who, out); });
}

} // namespace

int main(int argc, char** argv) {
  return run_all(argc, argv, {{"email client", client}, {"email engine", whole_engine}});
}

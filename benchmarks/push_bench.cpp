// How many pushes a second to APNs and to browsers, beside the Node libraries for them? Once codec and HTTP/2 client
// alone, once the engine from publish to sink. And is sealing a web push as quick as the crypto library allows?
#include "belfry/benchmarks/support/beside.hpp"
#include "belfry/benchmarks/support/usage.hpp"
#include "belfry/benchmarks/support/workload.hpp"
#include "belfry/io/crypto/encoding.hpp"
#include "belfry/io/fcm/request.hpp"
#include "belfry/io/http2_client/http2_client.hpp"
#include "belfry/io/http_client/curl_client.hpp"
#include "belfry/io/mobile/channel.hpp"
#include "belfry/io/mobile/phrases.hpp"
#include "belfry/io/web_push/channel.hpp"
#include "belfry/io/web_push/encryption.hpp"
#include "belfry/tests/support/providers/http2_server.hpp"
#include "belfry/tests/support/providers/key_pem.hpp"
#include "belfry/tests/support/providers/push_service.hpp"
#include "belfry/tests/support/providers/webhook_sink.hpp"

#include <nlohmann/json.hpp>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <sys/resource.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <future>
#include <stdexcept>
#include <thread>

using namespace belfry;
using namespace belfry::bench;

namespace {

constexpr std::size_t under_way = 200;
constexpr auto vapid_key = "AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA";

int rounds_of(const settings& o) {
  return o.smoke ? 1 : 3;
}

std::size_t deliveries_of(const settings& o) {
  return o.smoke ? 200 : 20'000;
}

/// Of the peers, which are slow.
std::size_t peer_deliveries_of(const settings& o) {
  return o.smoke ? 50 : 4'000;
}

/// Files that our side and Node's read.
class key_folder {
public:
  key_folder() : tls(test::make_certificate({"127.0.0.1"})) {
    write("ca.pem", tls.chain);
    write("apns.pem", test::ec_pem());
  }
  std::string path(const std::string& name) const { return (folder_.path() / name).string(); }

  const test::certificate tls;

private:
  void write(const std::string& name, const std::string& text) const { std::ofstream{path(name)} << text; }

  scratch folder_;
};

/// Takes every request over HTTP/2, and (`extra[1]` is the port) every one over HTTP/1.1.
void serve_pushes(board& b, const test::certificate& tls) {
  test::http2_server_settings s;
  s.tls = tls;
  s.handle = [](const test::http2_request& r) {
    test::http2_reply out;
    out.status = r.path.starts_with("/push/") ? 201 : 200;
    if (r.path == "/token")
      out.body = R"({"access_token":"token","expires_in":3600,"token_type":"Bearer"})";
    return out;
  };
  test::http2_server http2{s};
  test::sink_settings old;
  old.tls = tls;
  old.log_max = 0;
  test::webhook_sink http1{old};
  b.port = http2.port();
  b.extra[1] = http1.port();
  b.ready = 1;
  while (b.stop == 0) {
    b.count = http2.count();
    std::this_thread::sleep_for(std::chrono::milliseconds{1});
  }
}

/// A sink in a process of its own, and options that lead there.
struct stage {
  stage() : sink{[this](board& b) { serve_pushes(b, keys.tls); }} {
    if (!sink.wait_ready(10))
      throw std::runtime_error("the sink does not begin");
  }
  std::string origin() { return "https://127.0.0.1:" + std::to_string(sink.shared().port.load()); }
  std::string old_origin() { return "https://127.0.0.1:" + std::to_string(sink.shared().extra[1].load()); }

  options opts() {
    options o;
    o.outbound.allowed_networks = {"127.0.0.0/8"};
    o.outbound.ca_file = keys.path("ca.pem");
    o.web_push.enabled = true;
    o.web_push.subject = "mailto:ops@example.com";
    o.web_push.private_key.value = vapid_key;
    o.web_push.allowed_hosts = {"127.0.0.1"};
    o.mobile.enabled = true;
    o.mobile.apns = {"TEAMID1234", "KEYID12345", "com.example.chat", {}};
    o.mobile.apns.key.value = test::ec_pem();
    o.mobile.apns_production = origin();
    o.mobile.apns_sandbox = origin();
    return o;
  }

  key_folder keys;
  helper sink;
};

std::string token_of(std::size_t i) {
  auto digits = std::to_string(i);
  return std::string(64 - digits.size(), 'a') + digits;
}

person_profile agent() {
  person_profile p;
  p.type = person_type::agent;
  return p;
}

device phone_of(std::size_t i) {
  device d;
  d.id = "phone";
  d.platform = device_platform::ios;
  d.push_token = token_of(i);
  d.registered_at = 1;
  return d;
}

std::string words_for(const stage& s, const std::string& origin, std::size_t count) {
  return origin + " " + std::to_string(count) + " " + std::to_string(under_way) + " " + s.keys.path("");
}

// -- APNs ---------------------------------------------------------------------

void apns_client(const settings& o, figures& out) {
  const std::string who = "apns client";
  stage s;
  auto opts = s.opts();
  auto c = value_of(
      io::mobile::make_channel(opts, value_of(io::make_http2_client(opts.outbound)), std::string(32, 'k'), wall_now));
  auto own = [&] {
    std::vector<io::attempt_input> all;
    for (std::size_t i = 0; i < deliveries_of(o); ++i) {
      all.push_back(first_attempt(i, 0, agent(), channel_kind::mobile, "phone"));
      all.back().devices = {phone_of(i)};
    }
    return by_channel(*c, std::move(all), under_way, who, out);
  };
  auto peer = [&] {
    const auto n = peer_deliveries_of(o);
    return by_node("apns.mjs", words_for(s, s.origin(), n), n, who, out);
  };
  if (auto r = in_turns(who, "node-apn", rounds_of(o), own, peer, out))
    out.add(who + ": rate beside node-apn", r->rate, "ratio", bound::at_least, 4);
}

// -- FCM ----------------------------------------------------------------------

io::attempt_input push_to_android(std::size_t i) {
  auto in = first_attempt(i, 0, agent(), channel_kind::mobile, "phone");
  auto d = phone_of(i);
  d.platform = device_platform::android;
  in.devices = {std::move(d)};
  return in;
}

/// Fetches the access token.
void sign_in(io::channel& c) {
  std::promise<void> over;
  c.attempt(push_to_android(0), [&](const io::attempt_result&) { over.set_value(); });
  over.get_future().wait();
}

/// The same body over one connection by h2load, which does nothing but HTTP/2: its rate is the most that the library
/// and the sink give.
std::optional<cost> by_h2load(const stage& s, const std::string& url, std::size_t count, const std::string& body,
                              const std::string& who, figures& out) {
  const auto file = s.keys.path("body.json");
  std::ofstream{file} << body;
  const auto command = "h2load -n " + std::to_string(count) + " -c 1 -t 1 -m " + std::to_string(under_way) + " -d "
                       + file + " -H 'authorization: Bearer token' -H 'content-type: application/json' " + url;
  auto* pipe = popen(command.c_str(), "r");
  std::string said;
  for (char part[4096]; pipe != nullptr && fgets(part, sizeof part, pipe) != nullptr;)
    said += part;
  rusage before{}, after{};
  getrusage(RUSAGE_CHILDREN, &before);
  const auto failed = pipe == nullptr || pclose(pipe) != 0;
  getrusage(RUSAGE_CHILDREN, &after);
  const auto at = said.find("finished in ");
  double amount = 0;
  char unit[8] = "";
  if (failed || at == said.npos || std::sscanf(said.c_str() + at, "finished in %lf%7[a-z]", &amount, unit) != 2) {
    out.failure(who + ": h2load did not run");
    return {};
  }
  auto cpu = [](const rusage& r) {
    return static_cast<double>(r.ru_utime.tv_sec + r.ru_stime.tv_sec)
           + static_cast<double>(r.ru_utime.tv_usec + r.ru_stime.tv_usec) / 1e6;
  };
  const auto seconds = std::string_view{unit} == "ms" ? amount / 1000 : amount;
  return cost{static_cast<double>(count), seconds, cpu(after) - cpu(before)};
}

void fcm_client(const settings& o, figures& out) {
  const std::string who = "fcm client";
  stage s;
  auto opts = s.opts();
  opts.mobile.fcm.project_id = "bench";
  opts.mobile.fcm_endpoint = s.origin();
  opts.mobile.fcm.service_account_key.value = R"({"project_id":"bench","private_key_id":"k","client_email":"b@x.test",)"
                                              R"("token_uri":")"
                                              + s.origin() + R"(/token","private_key":)"
                                              + nlohmann::json(test::rsa_pem()).dump() + "}";
  auto c = value_of(
      io::mobile::make_channel(opts, value_of(io::make_http2_client(opts.outbound)), std::string(32, 'k'), wall_now));
  sign_in(*c);
  auto own = [&] {
    std::vector<io::attempt_input> all;
    for (std::size_t i = 0; i < deliveries_of(o); ++i)
      all.push_back(push_to_android(i));
    return by_channel(*c, std::move(all), under_way, who, out);
  };
  auto body = [&] {
    const auto in = push_to_android(0);
    const io::fcm::app_settings app{"bench", s.origin(), {}, std::string(32, 'k')};
    const io::mobile::push p{in.what,    in.devices[0],         in.which.id,
                             wall_now(), in.conversation_count, io::mobile::phrases_in("en", "en")};
    return io::fcm::message_of(p, app, io::fcm::message_max).value_or("");
  }();
  auto bare = [&] {
    return by_h2load(s, s.origin() + "/v1/projects/bench/messages:send", deliveries_of(o), body, who, out);
  };
  if (auto r = in_turns(who, "h2load", rounds_of(o), own, bare, out))
    out.add(who + ": rate beside h2load", r->rate, "ratio", bound::at_least, 0.5);
}

/// publish to sink, one agent a conversation, each with what `equip` gives them. Once each, by which addresses prove
/// themselves, and once more, which is what counts.
cost by_engine(const std::string& who, options opts, board& sink, std::size_t count,
               const std::function<void(engine&, std::size_t, const person_id&)>& equip, figures& out) {
  scratch folder;
  opts.store.path = folder.store().string();
  opts.push.debounce_delay = std::chrono::milliseconds{0};
  auto e = start_engine(opts);
  start_conversations(*e, 0, count, 2);
  for (std::size_t participant : {0, 1})
    store_persons(*e, count, participant, [](std::size_t) { return agent(); });
  for (std::size_t i = 0; i < count; ++i)
    equip(*e, i, person_name(i, 0));
  const auto first = by_publishing(*e, one_message_each(count, 1), sink, who, out);
  out.add(who + ": rate of first pushes", first.rate(), "deliveries/s");
  const auto then = e->statistics();
  const auto spent = by_publishing(*e, one_message_each(count, 1, count), sink, who, out);
  const auto now = e->statistics();
  const auto units = static_cast<double>(now.units - then.units);
  out.add(who + ": units of work", units / static_cast<double>(count), "per delivery");
  out.add(who + ": transactions", static_cast<double>(now.commits - then.commits) / spent.seconds, "1/s");
  return spent;
}

void apns_engine(const settings& o, figures& out) {
  const std::string who = "apns engine";
  stage s;
  auto own = [&] {
    auto opts = s.opts();
    opts.web_push.enabled = false;
    return by_engine(
        who, opts, s.sink.shared(), deliveries_of(o),
        [](engine& e, std::size_t i, const person_id& p) {
          if (auto last = e.put_device(p, phone_of(i)); i % 500 == 0)
            last.get();
        },
        out);
  };
  auto peer = [&] {
    const auto n = peer_deliveries_of(o);
    return by_node("apns.mjs", words_for(s, s.origin(), n), n, who, out);
  };
  if (auto r = in_turns(who, "node-apn", rounds_of(o), own, peer, out))
    out.add(who + ": rate beside node-apn", r->rate, "ratio", bound::at_least, 1.2);
}

// -- web push -----------------------------------------------------------------

web_push_subscription subscription_of(std::size_t i, const test::browser& b, const std::string& origin,
                                      const std::string& public_key) {
  web_push_subscription s;
  s.id = "browser";
  s.endpoint = origin + "/push/" + token_of(i);
  s.p256dh = b.p256dh();
  s.auth = b.auth();
  s.secret = io::crypto::base64url_encode(std::string(32, 's'));
  s.vapid_key = public_key;
  return s;
}

std::string words_for_browser(const stage& s, const std::string& origin, std::size_t count, const test::browser& b) {
  return words_for(s, origin, count) + " " + b.p256dh() + " " + b.auth() + " " + vapid_key;
}

void web_push_client(const settings& o, figures& out) {
  const std::string who = "web push client";
  stage s;
  const test::browser b;
  auto opts = s.opts();
  auto http1 = value_of(io::make_http_client(opts.outbound));
  auto c = value_of(io::web_push::make_channel(opts, value_of(io::make_http2_client(opts.outbound)), *http1,
                                               std::string(32, 't'), wall_now));
  auto own = [&] {
    std::vector<io::attempt_input> all;
    for (std::size_t i = 0; i < deliveries_of(o); ++i) {
      all.push_back(first_attempt(i, 0, agent(), channel_kind::web_push, "browser"));
      all.back().subscriptions = {subscription_of(i, b, s.origin(), c->public_key())};
    }
    return by_channel(*c, std::move(all), under_way, who, out);
  };
  auto peer = [&] {
    const auto n = peer_deliveries_of(o);
    return by_node("web_push.mjs", words_for_browser(s, s.old_origin(), n, b), n, who, out);
  };
  if (auto r = in_turns(who, "web-push", rounds_of(o), own, peer, out))
    out.add(who + ": rate beside web-push", r->rate, "ratio", bound::at_least, 10);
}

void web_push_engine(const settings& o, figures& out) {
  const std::string who = "web push engine";
  stage s;
  const test::browser b;
  auto own = [&] {
    auto opts = s.opts();
    opts.mobile.enabled = false;
    return by_engine(
        who, opts, s.sink.shared(), deliveries_of(o),
        [&](engine& e, std::size_t i, const person_id& p) {
          subscription_input in;
          in.endpoint = s.origin() + "/push/" + token_of(i);
          in.p256dh = b.p256dh();
          in.auth = b.auth();
          in.install_id = "browser";
          if (auto last = e.create_subscription(p, in); i % 500 == 0)
            value_of(last.get());
        },
        out);
  };
  auto peer = [&] {
    const auto n = peer_deliveries_of(o);
    return by_node("web_push.mjs", words_for_browser(s, s.old_origin(), n, b), n, who, out);
  };
  if (auto r = in_turns(who, "web-push", rounds_of(o), own, peer, out))
    out.add(who + ": rate beside web-push", r->rate, "ratio", bound::at_least, 5);
}

// -- encryption ---------------------------------------------------------------

using pkey = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;

std::string hmac(std::string_view key, std::string_view text) {
  std::string out(32, '\0');
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), reinterpret_cast<const unsigned char*>(text.data()),
       text.size(), reinterpret_cast<unsigned char*>(out.data()), nullptr);
  return out;
}

/// The primitives of RFC 8291 and nothing else: a key pair, a shared secret, HKDF, one record of AES-128-GCM.
std::size_t bare(EVP_PKEY* peer, std::string_view auth, std::string_view plain) {
  const pkey mine{EVP_EC_gen("P-256"), EVP_PKEY_free};
  unsigned char point[65];
  std::size_t point_size = 0;
  EVP_PKEY_get_octet_string_param(mine.get(), "pub", point, sizeof point, &point_size);
  std::string secret(32, '\0');
  const std::unique_ptr<EVP_PKEY_CTX, decltype(&EVP_PKEY_CTX_free)> derive{EVP_PKEY_CTX_new(mine.get(), nullptr),
                                                                           EVP_PKEY_CTX_free};
  EVP_PKEY_derive_init(derive.get());
  EVP_PKEY_derive_set_peer_ex(derive.get(), peer, 0);
  std::size_t size = secret.size();
  EVP_PKEY_derive(derive.get(), reinterpret_cast<unsigned char*>(secret.data()), &size);
  std::string salt(16, '\0');
  RAND_bytes(reinterpret_cast<unsigned char*>(salt.data()), 16);
  static const std::string info(14 + 2 * 65 + 1, 'i'), key_info("Content-Encoding: aes128gcm\0\1", 29),
      iv_info("Content-Encoding: nonce\0\1", 25);
  const auto ikm = hmac(hmac(auth, secret), info);
  const auto prk = hmac(salt, ikm);
  const auto key = hmac(prk, key_info);
  const auto iv = hmac(prk, iv_info);
  std::string body(86 + plain.size() + 1 + 16, '\0');
  auto* to = reinterpret_cast<unsigned char*>(body.data()) + 86;
  const std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)> seal{EVP_CIPHER_CTX_new(), EVP_CIPHER_CTX_free};
  int written = 0;
  EVP_EncryptInit_ex(seal.get(), EVP_aes_128_gcm(), nullptr, reinterpret_cast<const unsigned char*>(key.data()),
                     reinterpret_cast<const unsigned char*>(iv.data()));
  EVP_EncryptUpdate(seal.get(), to, &written, reinterpret_cast<const unsigned char*>(plain.data()),
                    static_cast<int>(plain.size()));
  EVP_EncryptFinal_ex(seal.get(), to + written, &written);
  EVP_CIPHER_CTX_ctrl(seal.get(), EVP_CTRL_GCM_GET_TAG, 16, to + plain.size() + 1);
  return body.size() + static_cast<std::size_t>(point[1]);
}

void encryption(const settings& o, figures& out) {
  const std::string who = "web push encryption";
  const test::browser b;
  const auto keys = io::web_push::read_keys(b.p256dh(), b.auth());
  if (!keys)
    throw std::runtime_error("the browser's keys are wrong");
  const auto point = keys->key.point();
  pkey peer{EVP_PKEY_new(), EVP_PKEY_free};
  {
    const pkey model{EVP_EC_gen("P-256"), EVP_PKEY_free};
    EVP_PKEY_copy_parameters(peer.get(), model.get());
    EVP_PKEY_set1_encoded_public_key(peer.get(), reinterpret_cast<const unsigned char*>(point.data()), point.size());
  }
  const std::string plain(400, 'x');
  const int batch = o.smoke ? 20 : 500, rounds = o.smoke ? 1 : 12;
  std::size_t bytes = 0;
  double ours = 0, theirs = 0;
  for (int round = 0; round < rounds; ++round) {
    usage mine;
    for (int i = 0; i < batch; ++i)
      bytes += io::web_push::encrypt(*keys, plain).size();
    ours += mine.cpu();
    usage other;
    for (int i = 0; i < batch; ++i)
      bytes += bare(peer.get(), keys->auth, plain);
    theirs += other.cpu();
  }
  const double n = static_cast<double>(batch) * rounds;
  out.add(who + ": CPU", 1e6 * ours / n, "us/message");
  out.add(who + ": CPU of the bare loop", 1e6 * theirs / n, "us/message");
  out.add(who + ": rate beside the bare loop", theirs / ours, "ratio", bound::at_least, 0.95);
  if (bytes == 0)
    out.failure(who + ": nothing was sealed");
}

} // namespace

int main(int argc, char** argv) {
  return run_all(argc, argv,
                 {{"web push encryption", encryption},
                  {"web push client", web_push_client},
                  {"web push engine", web_push_engine},
                  {"fcm client", fcm_client},
                  {"apns client", apns_client},
                  {"apns engine", apns_engine}});
}

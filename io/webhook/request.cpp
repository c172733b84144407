#include "belfry/io/webhook/request.hpp"

#include "belfry/io/crypto/encoding.hpp"

namespace belfry::io::webhooks {

namespace {

using headers = std::vector<std::pair<std::string, std::string>>;

void add_signatures(headers& out, const webhook& w, const attempt_info& a, std::string_view body,
                    const webhook_options& o, signers& kept) {
  if (!w.secret || w.secret->empty())
    return;
  auto& now = kept.current(*w.secret);
  out.emplace_back(o.header_prefix + "Signature", now.sha1(body));
  out.emplace_back(o.header_prefix + "Signature-256", now.sha256(body));
  auto signature = now.standard(a.event_id, a.now / 1000, body);
  if (w.previous_secret && !w.previous_secret->empty() && a.now < w.previous_secret_until)
    signature += ' ' + kept.previous(*w.previous_secret).standard(a.event_id, a.now / 1000, body);
  out.emplace_back("webhook-signature", std::move(signature));
}

} // namespace

std::string make_uuid(const std::function<std::uint64_t()>& rng) {
  auto high = (rng() & 0xffffffffffff0fffULL) | 0x4000ULL;
  auto low = (rng() & 0x3fffffffffffffffULL) | 0x8000000000000000ULL;
  std::string bytes;
  for (auto x : {high, low})
    for (int shift = 56; shift >= 0; shift -= 8)
      bytes.push_back(static_cast<char>(x >> shift & 0xff));
  auto text = crypto::hex(bytes);
  for (auto at : {20u, 16u, 12u, 8u})
    text.insert(at, 1, '-');
  return text;
}

http_request make_request(const webhook& w, const attempt_info& a, std::string body, const webhook_options& o) {
  signers fresh;
  return make_request(w, a, std::move(body), o, fresh);
}

http_request make_request(const webhook& w, const attempt_info& a, std::string body, const webhook_options& o,
                          signers& kept) {
  http_request r;
  r.method = "POST";
  r.url = w.endpoint;
  r.timeout = o.timeout;
  r.proxy = o.proxy_url.value;
  r.untrusted = true;
  r.headers.reserve(11);
  r.headers.emplace_back("Content-Type", "application/json");
  r.headers.emplace_back("User-Agent", o.user_agent.empty() ? "Belfry/" BELFRY_VERSION : o.user_agent);
  r.headers.emplace_back(o.header_prefix + "Event", a.event_name);
  r.headers.emplace_back(o.header_prefix + "Event-ID", a.event_id);
  r.headers.emplace_back(o.header_prefix + "Delivery", a.delivery);
  r.headers.emplace_back(o.header_prefix + "Retry-No", std::to_string(a.retry_no));
  r.headers.emplace_back("webhook-id", a.event_id);
  r.headers.emplace_back("webhook-timestamp", std::to_string(a.now / 1000));
  add_signatures(r.headers, w, a, body, o, kept);
  r.body = std::move(body);
  return r;
}

} // namespace belfry::io::webhooks

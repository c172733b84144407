#include "belfry/io/web_push/message.hpp"

#include "belfry/io/crypto/aead.hpp"
#include "belfry/io/crypto/digest.hpp"
#include "belfry/io/crypto/encoding.hpp"
#include "belfry/io/mobile/push.hpp"
#include "belfry/io/outbound/json_text.hpp"

namespace belfry::io::web_push {

namespace {

constexpr std::string_view placeholder = "${conversationId}";

std::string_view name_of(group g) {
  switch (g) {
  case group::messages:
    return "messages";
  case group::call:
    return "call";
  case group::requests:
    return "requests";
  }
  return "messages";
}

/// Requests have no sender and no text.
mobile::texts texts_of(const notification& n) {
  auto out = mobile::texts_of(n, false);
  if (!n.request)
    return out;
  out.title = n.topic && !n.topic->empty() ? *n.topic : std::string{"New request"};
  out.body = n.kind == kind::deputy_delegation ? "A conversation was delegated to you"
                                               : "You are asked to take over a conversation";
  return out;
}

std::string inner_text(const notification& n, std::string_view template_url, millis at, const mobile::texts& t,
                       std::uint32_t conversation_count) {
  json_text out(t.title.size() + t.body.size() + 400);
  out.begin_object();
  out.member("kind", to_string(n.kind));
  out.member("title", t.title);
  out.member("body", t.body);
  out.member("tag", tag_of(n));
  out.member("conversationId", n.conversation);
  out.member("notificationCount", static_cast<std::uint64_t>(n.message ? n.message->count : conversation_count));
  if (n.total_count)
    out.member("recipientNotificationCount", *n.total_count);
  out.member("url", url_of(n, template_url));
  out.member("at", at);
  if (n.call) {
    out.member("callId", n.call->call);
    out.member("callType", to_string(n.call->type));
    if (n.call->ring_deadline != 0)
      out.member("ringDeadline", n.call->ring_deadline);
  }
  out.end_object();
  return out.take();
}

} // namespace

std::string tag_of(const notification& n) {
  std::string out{name_of(group_of(n.kind))};
  return out.append(":").append(n.conversation);
}

std::string url_template(const options& o) {
  return o.email.conversation_url.empty() ? "/desk/?conversation=${conversationId}" : o.email.conversation_url;
}

std::string url_of(const notification& n, std::string_view template_url) {
  if (n.request && n.request->start_url)
    return *n.request->start_url;
  std::string out{template_url};
  if (const auto at = out.find(placeholder); at != std::string::npos)
    out.replace(at, placeholder.size(), crypto::percent_encode(n.conversation));
  return out;
}

toast toast_of(const notification& n, std::string_view template_url) {
  auto t = texts_of(n);
  return {n.kind, n.conversation, std::move(t.title), std::move(t.body), tag_of(n), url_of(n, template_url)};
}

std::string seal(std::string_view plain, const web_push_subscription& to) {
  const auto iv = crypto::random_bytes(crypto::gcm_iv_size);
  auto key = crypto::base64url_decode(to.secret).value_or("");
  json_text out(plain.size() * 4 / 3 + 200);
  out.begin_object();
  out.member("v", std::int64_t{1});
  out.member("sub", to.id);
  out.member("iv", crypto::base64url_encode(iv));
  out.member("data", crypto::base64url_encode(crypto::gcm_seal(key, iv, to.id, plain)));
  out.end_object();
  crypto::wipe(key);
  return out.take();
}

std::optional<std::string> seal_notification(const notification& n, std::string_view template_url, millis at,
                                             const web_push_subscription& to, std::size_t bytes_max,
                                             std::uint32_t conversation_count) {
  return mobile::fit(texts_of(n), bytes_max, [&](const mobile::texts& t) -> std::optional<std::string> {
    auto plain = inner_text(n, template_url, at, t, conversation_count);
    auto out = seal(plain, to);
    crypto::wipe(plain);
    return out;
  });
}

std::string seal_check(std::string_view check, millis at, const web_push_subscription& to) {
  json_text out(200);
  out.begin_object();
  out.member("kind", "health_check");
  out.member("check", check);
  out.member("at", at);
  out.end_object();
  return seal(out.take(), to);
}

} // namespace belfry::io::web_push

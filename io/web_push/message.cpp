#include "belfry/io/web_push/message.hpp"

#include "belfry/io/crypto/aead.hpp"
#include "belfry/io/crypto/digest.hpp"
#include "belfry/io/crypto/encoding.hpp"
#include "belfry/io/mobile/push.hpp"
#include "belfry/io/outbound/json_text.hpp"

#include <optional>

namespace belfry::io::web_push {

namespace {

constexpr std::string_view placeholder = "${conversationId}";

/// How long the address is that a click leads to.
enum class link : std::uint8_t {
  /// `url_of`.
  full,
  /// Of the template, whatever the request brings along.
  of_template,
  /// None: the worker opens its desk.
  none,
};

/// `template_url` with the conversation in place of each placeholder.
std::string filled(std::string_view template_url, const conversation_id& conversation) {
  const auto value = crypto::percent_encode(conversation);
  std::string out{template_url};
  for (auto at = out.find(placeholder); at != out.npos; at = out.find(placeholder, at + value.size()))
    out.replace(at, placeholder.size(), value);
  return out;
}

/// Not for `link::none`.
std::string url_in(link l, const notification& n, std::string_view template_url) {
  return l == link::full ? url_of(n, template_url) : filled(template_url, n.conversation);
}

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
mobile::texts shown_texts(const notification& n, const mobile::phrases& words) {
  auto out = mobile::texts_of(n, words);
  if (!n.request)
    return out;
  out.title = n.topic && !n.topic->empty() ? *n.topic : std::string{words.new_request};
  out.body = n.kind == kind::deputy_delegation ? words.delegated : words.asked_to_take_over;
  return out;
}

std::string inner_text(const notification& n, const mobile::texts& t, const wording& w, link l) {
  json_text out(t.title.size() + t.body.size() + 400);
  out.begin_object();
  out.member("kind", to_string(n.kind));
  out.member("title", t.title);
  out.member("body", t.body);
  out.member("tag", tag_of(n));
  out.member("conversationId", n.conversation);
  out.member("notificationCount", static_cast<std::uint64_t>(n.message ? n.message->count : w.conversation_count));
  if (n.total_count)
    out.member("recipientNotificationCount", *n.total_count);
  if (l != link::none)
    out.member("url", url_in(l, n, w.template_url));
  out.member("at", w.at);
  if (n.call) {
    out.member("callId", n.call->call);
    out.member("callType", to_string(n.call->type));
    if (n.call->ring_deadline != 0)
      out.member("ringDeadline", n.call->ring_deadline);
    // A ring that comes late is shown by the worker, which speaks no languages.
    if (n.kind == kind::incoming_call)
      out.member("missed", n.call->type == call_type::video ? w.words.missed_video_call : w.words.missed_call);
  }
  out.end_object();
  return out.take();
}

void write_sealed(json_text& out, std::string_view plain, const web_push_subscription& to) {
  const auto iv = crypto::random_bytes(crypto::gcm_iv_size);
  auto key = crypto::base64url_decode(to.secret).value_or("");
  out.member("v", std::int64_t{1});
  out.member("sub", to.id);
  out.member("iv", crypto::base64url_encode(iv));
  out.member("data", crypto::base64url_encode(crypto::gcm_seal(key, iv, to.id, plain)));
  crypto::wipe(key);
}

/// What a browser shows by itself. "mutable": a worker, if there is one, is asked first.
void write_declared(json_text& out, const notification& n, const wording& w, link l) {
  out.member("web_push", std::int64_t{8030});
  out.begin_object("notification");
  out.member("title", w.declared_title);
  out.member("navigate", url_in(l, n, w.template_url));
  out.member("tag", tag_of(n));
  out.end_object();
  if (n.total_count)
    out.member("app_badge", *n.total_count);
  out.raw_member("mutable", "true");
}

/// The declarative form needs an address, and is left out without one.
std::string seal_with(const notification& n, const web_push_subscription& to, const wording& w, const mobile::texts& t,
                      link l) {
  auto plain = inner_text(n, t, w, l);
  json_text out(plain.size() * 4 / 3 + 400);
  out.begin_object();
  if (!w.declared_title.empty() && l != link::none)
    write_declared(out, n, w, l);
  write_sealed(out, plain, to);
  out.end_object();
  crypto::wipe(plain);
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
  return filled(template_url, n.conversation);
}

toast toast_of(const notification& n, std::string_view template_url, const mobile::phrases& words) {
  auto t = shown_texts(n, words);
  return {n.kind, n.conversation, std::move(t.title), std::move(t.body), tag_of(n), url_of(n, template_url)};
}

std::string seal(std::string_view plain, const web_push_subscription& to) {
  json_text out(plain.size() * 4 / 3 + 200);
  out.begin_object();
  write_sealed(out, plain, to);
  out.end_object();
  return out.take();
}

std::string seal_notification(const notification& n, const web_push_subscription& to, const wording& w) {
  auto shown = shown_texts(n, w.words);
  // It is not written.
  shown.caller.clear();
  for (const auto l : {link::full, link::of_template, link::none}) {
    auto out = mobile::fit(shown, w.bytes_max, [&](const mobile::texts& t) -> std::optional<std::string> {
      return seal_with(n, to, w, t, l);
    });
    if (out)
      return std::move(*out);
  }
  return seal_with(n, to, w, {}, link::none);
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

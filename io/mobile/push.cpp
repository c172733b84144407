#include "belfry/io/mobile/push.hpp"

#include "belfry/io/crypto/aead.hpp"
#include "belfry/io/crypto/digest.hpp"
#include "belfry/io/crypto/encoding.hpp"
#include "belfry/io/mobile/shorten.hpp"
#include "belfry/io/outbound/json_text.hpp"

#include <algorithm>
#include <utility>

namespace belfry::io::mobile {

namespace {

constexpr std::size_t key_size = 32;
constexpr std::size_t collapse_bytes = 16;

std::string name_of_person(const notification& n, const person_id& id) {
  const auto* known = find_person(n, id);
  return known != nullptr ? name_of(known->profile).value_or("") : "";
}

std::string title_or(std::string name, const notification& n, const phrases& words) {
  if (!name.empty())
    return name;
  return n.topic && !n.topic->empty() ? *n.topic : std::string(words.neutral_title);
}

std::string_view ending_of(revoke_reason x, const phrases& words) {
  switch (x) {
  case revoke_reason::answered:
    return words.answered;
  case revoke_reason::answered_elsewhere:
    return words.answered_elsewhere;
  case revoke_reason::declined:
    return words.declined;
  case revoke_reason::none:
  case revoke_reason::ended:
  case revoke_reason::timeout:
  case revoke_reason::left:
    return words.ended;
  }
  return words.ended;
}

std::string_view word_on(kind k, const call_content& c, const phrases& words) {
  const bool video = c.type == call_type::video;
  if (k == kind::incoming_call)
    return video ? words.incoming_video_call : words.incoming_call;
  if (k == kind::missed_call)
    return video ? words.missed_video_call : words.missed_call;
  return ending_of(c.revoke_reason, words);
}

std::string& longest_of(texts& t) {
  if (t.body.size() >= std::max(t.title.size(), t.caller.size()))
    return t.body;
  return t.title.size() >= t.caller.size() ? t.title : t.caller;
}

std::string hidden_text(const texts& t) {
  json_text out(t.title.size() + t.body.size() + 64);
  out.begin_object();
  out.member("title", t.title);
  out.member("body", t.body);
  if (!t.caller.empty())
    out.member("callerName", t.caller);
  out.end_object();
  return out.take();
}

} // namespace

texts texts_of(const notification& n, const phrases& words) {
  texts out;
  if (n.call) {
    out.caller = name_of_person(n, n.call->caller);
    out.title = title_or(out.caller, n, words);
    out.body = word_on(n.kind, *n.call, words);
  } else if (n.message && n.kind == kind::new_message) {
    out.title = title_or(name_of_person(n, n.message->sender), n, words);
    if (n.message->count > 1)
      out.title += " (" + std::to_string(n.message->count) + ")";
    out.body = n.message->text;
  }
  return out;
}

texts texts_of(const push& p) {
  auto out = texts_of(p.what, p.words);
  if (p.brief)
    out.body.clear();
  return out;
}

std::vector<data_field> data_of(const notification& n, const texts& t, std::uint32_t conversation_count) {
  std::vector<data_field> out;
  out.reserve(9);
  out.push_back({"kind", std::string(to_string(n.kind))});
  out.push_back({"notificationId", to_string(n.id)});
  out.push_back({"conversationId", n.conversation});
  const auto count = n.message ? n.message->count : conversation_count;
  out.push_back({"notificationCount", std::to_string(count), true});
  if (n.total_count)
    out.push_back({"recipientNotificationCount", std::to_string(*n.total_count), true});
  if (!n.call)
    return out;
  out.push_back({"callId", n.call->call});
  out.push_back({"callType", std::string(to_string(n.call->type))});
  if (!t.caller.empty())
    out.push_back({"callerName", t.caller});
  if (n.call->ring_deadline != 0)
    out.push_back({"ringDeadline", std::to_string(n.call->ring_deadline), true});
  if (n.call->revoke_reason != revoke_reason::none)
    out.push_back({"reason", std::string(to_string(n.call->revoke_reason))});
  return out;
}

bool sealed(const device& d) {
  return d.version != message_version::not_encrypted;
}

std::optional<std::string> seal(const texts& t, const device& d) {
  return seal(t, d, crypto::random_bytes(crypto::gcm_iv_size));
}

std::optional<std::string> seal(const texts& t, const device& d, std::string_view iv) {
  auto key = crypto::base64url_decode(d.encryption_key.value_or(""), crypto::padding::any);
  if (!key || key->size() != key_size)
    return std::nullopt;
  json_text out(256);
  out.begin_object();
  out.member("v", std::int64_t{1});
  out.member("iv", crypto::base64url_encode(iv));
  out.member("data", crypto::base64url_encode(crypto::gcm_seal(*key, iv, d.id, hidden_text(t))));
  out.end_object();
  crypto::wipe(*key);
  return out.take();
}

std::optional<std::string> fit(texts t, std::size_t bytes_max,
                               const std::function<std::optional<std::string>(const texts&)>& render) {
  for (;;) {
    auto out = render(t);
    if (!out || out->size() <= bytes_max)
      return out;
    auto& longest = longest_of(t);
    if (longest.empty())
      return std::nullopt;
    // What a byte of text costs depends on how it is escaped and sealed: it is taken as the same for all of the text.
    const auto text = std::exchange(longest, {});
    const auto bare = render(t);
    const auto cost = bare && bare->size() < out->size() ? out->size() - bare->size() : 1;
    const auto excess = out->size() - bytes_max;
    const auto cut = std::min(text.size(), (text.size() * excess + cost - 1) / cost);
    longest = shorten(text, text.size() - cut);
  }
}

std::string collapse_id(std::string_view key, const notification& n, bool replace_messages) {
  const auto group = std::to_string(static_cast<int>(group_of(n.kind)));
  auto what = group + "\n" + n.conversation + "\n" + (n.call ? n.call->call : "");
  // A repetition of the same message is no double all the same.
  if (!replace_messages && n.kind == kind::new_message && n.message)
    what += n.message->message;
  return crypto::hex(crypto::hmac_sha256(key, what).substr(0, collapse_bytes));
}

} // namespace belfry::io::mobile

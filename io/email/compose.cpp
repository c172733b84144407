#include "belfry/io/email/compose.hpp"

#include "belfry/io/crypto/digest.hpp"
#include "belfry/io/crypto/encoding.hpp"
#include "belfry/io/email/unsubscribe.hpp"

#include <utility>

namespace belfry::io::email {

namespace {

constexpr std::size_t thread_digits = 32;

std::string with_conversation(std::string url, const conversation_id& id) {
  static constexpr std::string_view name = "${conversationId}";
  const auto value = crypto::percent_encode(id);
  for (auto at = url.find(name); at != url.npos; at = url.find(name, at + value.size()))
    url.replace(at, name.size(), value);
  return url;
}

} // namespace

composer::composer(const options& o, std::string unsubscribe_key)
    : templates_(o),
      from_(o.email.from),
      host_(host_of(envelope_address(o.email.from).value_or("belfry@localhost"))),
      conversation_url_(o.email.conversation_url),
      public_url_(o.http.public_url),
      unsubscribe_key_(std::move(unsubscribe_key)),
      message_text_(o.privacy_message_text == message_text_privacy::full) {
  while (public_url_.ends_with('/'))
    public_url_.pop_back();
}

std::string composer::name_of(const notification& n, const person_id& id, const vocabulary& words) const {
  const auto* p = find_person(n, id);
  return (p != nullptr ? belfry::name_of(p->profile) : std::nullopt).value_or(std::string{words.somebody});
}

placeholders composer::values_of(const notification& n, const delivery& d, const person& recipient, bool brief) const {
  const auto& words = templates_.words_for(recipient.profile.locale.value_or(""));
  placeholders out;
  out.recipient_name = belfry::name_of(recipient.profile).value_or("");
  out.conversation_topic = n.topic.value_or("");
  out.conversation_url = with_conversation(conversation_url_, n.conversation);
  if (n.message) {
    out.sender_name = name_of(n, n.message->sender, words);
    out.unread_count = std::to_string(n.message->count);
    if (message_text_ && !brief)
      out.message_text = d.edited && n.message->edited_text ? *n.message->edited_text : n.message->text;
  }
  if (n.call) {
    out.caller_name = name_of(n, n.call->caller, words);
    out.call_type = n.call->type == call_type::video ? words.video : words.audio;
  }
  return out;
}

std::optional<std::string> composer::unsubscribe_url(const notification& n) const {
  if (public_url_.empty())
    return std::nullopt;
  return public_url_ + "/v1/unsubscribe/" + make_unsubscribe_token(unsubscribe_key_, {n.recipient, n.kind});
}

std::optional<mail> composer::compose(const notification& n, const delivery& d, const person& recipient,
                                      bool brief) const {
  const auto* t = templates_.find(n.kind, recipient.profile.locale.value_or(""));
  if (t == nullptr || !recipient.profile.email)
    return std::nullopt;
  auto words = fill(*t, values_of(n, d, recipient, brief));
  mail m;
  m.from = from_;
  m.to_name = belfry::name_of(recipient.profile).value_or("");
  m.to_address = *recipient.profile.email;
  m.subject = std::move(words.subject);
  m.text = std::move(words.text);
  if (!brief)
    m.html = std::move(words.html);
  m.message_id = to_string(n.id) + "@" + host_;
  m.thread_id = crypto::sha256_hex(n.conversation + '\1' + n.recipient).substr(0, thread_digits) + "@" + host_;
  m.list_id = "conversations." + host_;
  m.unsubscribe_url = unsubscribe_url(n);
  m.date = n.created_at;
  return m;
}

} // namespace belfry::io::email

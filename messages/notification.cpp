#include "belfry/messages/delivery.hpp"
#include "belfry/messages/views.hpp"

#include <openssl/sha.h>

#include <algorithm>

namespace belfry {

namespace {

/// The first 16 bytes of SHA-256 over the parts, each preceded by its length.
notification_id digest(std::initializer_list<std::string_view> parts) {
  std::string in;
  for (auto part : parts) {
    in += std::to_string(part.size());
    in += ':';
    in += part;
  }
  std::array<unsigned char, SHA256_DIGEST_LENGTH> out;
  SHA256(reinterpret_cast<const unsigned char*>(in.data()), in.size(), out.data());
  notification_id id;
  std::copy_n(out.begin(), id.bytes.size(), id.bytes.begin());
  return id;
}

} // namespace

std::optional<std::string> name_of(const person_profile& p) {
  auto given = [](const std::optional<std::string>& x) { return x && !x->empty(); };
  if (given(p.display_name))
    return p.display_name;
  if (given(p.first_name) && given(p.last_name))
    return *p.first_name + " " + *p.last_name;
  for (const auto* x : {&p.first_name, &p.last_name, &p.nickname, &p.username}) {
    if (given(*x))
      return *x;
  }
  return std::nullopt;
}

const person* find_person(const notification& n, const person_id& id) {
  auto i = std::find_if(n.people.begin(), n.people.end(), [&](const person& p) { return p.id == id; });
  return i == n.people.end() ? nullptr : &*i;
}

std::vector<person_id> people_of(const notification& n) {
  std::vector<person_id> out;
  auto add = [&](const person_id& p) {
    if (!p.empty() && std::find(out.begin(), out.end(), p) == out.end())
      out.push_back(p);
  };
  if (n.message)
    add(n.message->sender);
  if (n.call)
    add(n.call->caller);
  if (n.request) {
    add(n.request->context_person.value_or(""));
    add(n.request->primary_agent.value_or(""));
  }
  return out;
}

notification_id derive_notification_id(kind k, const conversation_id& conversation, const person_id& recipient,
                                       std::string_view cause) {
  return digest({to_string(k), conversation, recipient, cause});
}

notification_id derive_delivery_id(const notification_id& n, channel_kind channel, std::string_view target) {
  return digest({to_string(n), to_string(channel), target});
}

std::vector<std::string> device_tokens(const std::vector<device>& devices) {
  std::vector<std::string> out;
  for (const auto& d : devices) {
    for (const auto* t : {&d.push_token, &d.push_kit_token}) {
      if (*t && std::find(out.begin(), out.end(), **t) == out.end())
        out.push_back(**t);
    }
  }
  return out;
}

std::string derive_token_key(std::string_view kind, std::string_view token) {
  const auto id = digest({kind, token});
  return {id.bytes.begin(), id.bytes.end()};
}

trace_item to_trace(const notification_record& r) {
  const auto& n = r.notification;
  trace_item out;
  out.id = n.id;
  out.kind = n.kind;
  out.recipient = n.recipient;
  out.conversation = n.conversation;
  if (n.message)
    out.message = n.message->message;
  if (n.call)
    out.call = n.call->call;
  out.state = r.state;
  out.reason = r.reason;
  out.created_at = n.created_at;
  out.deliveries = r.deliveries;
  return out;
}

} // namespace belfry

#include "belfry/actors/person/record_row.hpp"

#include "belfry/messages/binary.hpp"

#include <algorithm>

namespace belfry {

namespace {

/// 2: deliveries know that they left, notifications that they are withdrawn; people are named by id only. 3: deliveries
/// name their lane. 4: attempts keep the provider's id of the message.
constexpr std::uint64_t record_row_version = 4;

void write_id(binary_writer& out, const notification_id& id) {
  out.raw({reinterpret_cast<const char*>(id.bytes.data()), id.bytes.size()});
}

notification_id read_id(binary_reader& in) {
  notification_id id;
  auto raw = in.raw(id.bytes.size());
  std::copy(raw.begin(), raw.end(), reinterpret_cast<char*>(id.bytes.data()));
  return id;
}

void write_content(binary_writer& out, const notification& n, bool final) {
  if (n.message) {
    const auto& m = *n.message;
    out.text(m.message);
    out.text(final ? std::string_view{} : std::string_view{m.text});
    out.optional_text(final ? std::nullopt : m.edited_text);
    out.text(m.sender);
    for (auto t : {m.sent_at, m.server_at, m.read_at})
      out.signed_number(t);
    out.number(m.count);
  } else if (n.call) {
    const auto& c = *n.call;
    out.text(c.call);
    out.number(static_cast<std::uint64_t>(c.type));
    out.number(static_cast<std::uint64_t>(c.state));
    out.text(c.caller);
    out.signed_number(c.started_at);
    out.signed_number(c.ring_deadline);
    out.number(static_cast<std::uint64_t>(c.end_reason));
    out.number(static_cast<std::uint64_t>(c.revoke_reason));
  } else if (n.request) {
    const auto& r = *n.request;
    out.text(r.invitation);
    for (const auto* x : {&r.context_person, &r.primary_agent, &r.engagement_type, &r.start_url})
      out.optional_text(*x);
  }
}

void read_content(binary_reader& in, notification& n) {
  switch (group_of(n.kind)) {
  case group::messages: {
    auto& m = n.message.emplace();
    m.message = in.text();
    m.text = in.text();
    m.edited_text = in.optional_text();
    m.sender = in.text();
    for (auto* t : {&m.sent_at, &m.server_at, &m.read_at})
      *t = in.signed_number();
    m.count = static_cast<std::uint32_t>(in.number());
    break;
  }
  case group::call: {
    auto& c = n.call.emplace();
    c.call = in.text();
    c.type = in.enumeration(call_type::video);
    c.state = in.enumeration(call_state::active);
    c.caller = in.text();
    c.started_at = in.signed_number();
    c.ring_deadline = in.signed_number();
    c.end_reason = in.enumeration(call_end_reason::missed_because_terminated);
    c.revoke_reason = in.enumeration(revoke_reason::left);
    break;
  }
  case group::requests: {
    auto& r = n.request.emplace();
    r.invitation = in.text();
    for (auto* x : {&r.context_person, &r.primary_agent, &r.engagement_type, &r.start_url})
      *x = in.optional_text();
    break;
  }
  }
}

} // namespace

void write_person(binary_writer& out, const person& p) {
  out.text(p.id);
  out.number(static_cast<std::uint64_t>(p.profile.type));
  const auto& x = p.profile;
  for (const auto* f : {&x.display_name, &x.first_name, &x.last_name, &x.username, &x.nickname, &x.email, &x.phone,
                        &x.locale, &x.source_id})
    out.optional_text(*f);
}

person read_person(binary_reader& in) {
  person p;
  p.id = in.text();
  p.profile.type = in.enumeration(person_type::system);
  auto& x = p.profile;
  for (auto* f : {&x.display_name, &x.first_name, &x.last_name, &x.username, &x.nickname, &x.email, &x.phone, &x.locale,
                  &x.source_id})
    *f = in.optional_text();
  return p;
}

namespace {

void write_delivery(binary_writer& out, const delivery& d) {
  write_id(out, d.id);
  out.number(static_cast<std::uint64_t>(d.channel));
  out.text(d.target);
  out.text(d.lane);
  out.number(static_cast<std::uint64_t>(d.state));
  out.number(static_cast<std::uint64_t>(d.reason));
  out.number(d.tries);
  out.signed_number(d.next_at);
  out.flag(d.parked);
  out.flag(d.edited);
  out.flag(d.left);
  out.number(d.attempts.size());
  for (const auto& a : d.attempts) {
    out.signed_number(a.at);
    out.signed_number(a.status);
    out.text(a.answer);
    out.signed_number(a.duration);
    out.text(a.message_id);
  }
}

delivery read_delivery(binary_reader& in, std::uint64_t version) {
  delivery d;
  d.id = read_id(in);
  d.channel = in.enumeration(channel_last);
  d.target = in.text();
  if (version > 2)
    d.lane = in.text();
  d.state = in.enumeration(delivery_state::given_up);
  d.reason = in.enumeration(reason_last);
  d.tries = static_cast<std::uint32_t>(in.number());
  d.next_at = in.signed_number();
  d.parked = in.flag();
  d.edited = in.flag();
  d.left = version > 1 ? in.flag() : d.tries > 0;
  d.attempts.resize(in.count());
  for (auto& a : d.attempts) {
    a.at = in.signed_number();
    a.status = static_cast<int>(in.signed_number());
    a.answer = in.text();
    a.duration = in.signed_number();
    if (version > 3)
      a.message_id = in.text();
  }
  return d;
}

/// What the row is found by.
std::string key_of(const notification& n) {
  if (n.message)
    return n.message->message;
  return n.call ? n.call->call : n.request ? n.request->invitation : std::string{};
}

/// Version 1 kept profiles.
void skip_people(binary_reader& in) {
  for (auto n = in.count(); n > 0; --n)
    read_person(in);
}

} // namespace

io::notification_row to_row(const notification_record& r) {
  const auto& n = r.notification;
  auto final = is_final(r.state);
  binary_writer out;
  out.number(record_row_version);
  out.number(static_cast<std::uint64_t>(r.reason));
  out.number(n.recipient_type ? static_cast<std::uint64_t>(*n.recipient_type) + 1 : 0);
  out.optional_text(n.topic);
  out.signed_number(n.expires_at);
  write_content(out, n, final);
  out.flag(n.total_count.has_value());
  out.number(n.total_count.value_or(0));
  out.number(static_cast<std::uint64_t>(r.withdrawn));
  out.number(r.deliveries.size());
  for (const auto& d : r.deliveries)
    write_delivery(out, d);
  io::notification_row row{n.seq,  n.id,    n.recipient,  n.conversation, key_of(n),
                           n.kind, r.state, n.created_at, out.take()};
  row.open_deliveries = static_cast<std::uint32_t>(
      std::count_if(r.deliveries.begin(), r.deliveries.end(), [](const delivery& d) { return !is_final(d.state); }));
  return row;
}

std::optional<notification_record> from_row(const io::notification_row& row) {
  notification_record r;
  auto& n = r.notification;
  n.id = row.id;
  n.seq = row.seq;
  n.kind = row.kind;
  n.recipient = row.person;
  n.conversation = row.conversation;
  n.created_at = row.created_at;
  r.state = row.state;
  binary_reader in{row.blob};
  auto version = in.number();
  if (version == 0 || version > record_row_version)
    return std::nullopt;
  r.reason = in.enumeration(reason_last);
  auto type = in.number();
  if (type > static_cast<std::uint64_t>(person_type::system) + 1)
    return std::nullopt;
  if (type > 0)
    n.recipient_type = static_cast<person_type>(type - 1);
  n.topic = in.optional_text();
  n.expires_at = in.signed_number();
  read_content(in, n);
  auto counted = in.flag();
  auto total = in.number();
  if (counted)
    n.total_count = total;
  if (version > 1)
    r.withdrawn = in.enumeration(reason_last);
  else
    skip_people(in);
  r.deliveries.resize(in.count());
  for (auto& d : r.deliveries)
    d = read_delivery(in, version);
  return in.ok() ? std::optional{std::move(r)} : std::nullopt;
}

} // namespace belfry

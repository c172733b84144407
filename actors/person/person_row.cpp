#include "belfry/actors/person/person_row.hpp"

#include "belfry/actors/person/record_row.hpp"

namespace belfry {

namespace {

constexpr std::uint64_t person_row_version = 1;
/// Of a person's row; 2: devices have claims; 3: addresses have notes; 4: web-push subscriptions;
/// 5: subscriptions know whose place they took.
constexpr std::uint64_t person_version = 5;

void write_device(binary_writer& out, const device& d) {
  out.text(d.id);
  out.number(static_cast<std::uint64_t>(d.platform));
  out.text(d.app);
  out.optional_text(d.push_token);
  out.optional_text(d.push_kit_token);
  out.number(static_cast<std::uint64_t>(d.environment));
  out.number(static_cast<std::uint64_t>(d.version));
  out.optional_text(d.encryption_key);
  out.signed_number(d.registered_at);
  out.number(d.claim);
}

device read_device(binary_reader& in, std::uint64_t version) {
  device d;
  d.id = in.text();
  d.platform = in.enumeration(device_platform::ios);
  d.app = in.text();
  d.push_token = in.optional_text();
  d.push_kit_token = in.optional_text();
  d.environment = in.enumeration(device_environment::sandbox);
  d.version = in.enumeration(message_version::encrypted_service);
  d.encryption_key = in.optional_text();
  d.registered_at = in.signed_number();
  d.claim = version > 1 ? in.number() : 0;
  return d;
}

void write_profile(binary_writer& out, const person_profile& p) {
  write_person(out, {{}, p});
  out.flag(p.labels.has_value());
  if (p.labels) {
    out.number(p.labels->size());
    for (const auto& l : *p.labels)
      out.text(l);
  }
  out.flag(p.metadata.has_value());
  if (p.metadata) {
    out.number(p.metadata->size());
    for (const auto& [key, value] : *p.metadata) {
      out.text(key);
      out.text(value);
    }
  }
}

person_profile read_profile(binary_reader& in) {
  auto p = read_person(in).profile;
  if (in.flag()) {
    auto& labels = p.labels.emplace();
    labels.resize(in.count());
    for (auto& l : labels)
      l = in.text();
  }
  if (in.flag()) {
    auto& metadata = p.metadata.emplace();
    for (auto n = in.count(); n > 0; --n) {
      auto key = in.text();
      metadata[key] = in.text();
    }
  }
  return p;
}

void write_note(binary_writer& out, const address_note& n) {
  out.number(static_cast<std::uint64_t>(n.channel));
  out.text(n.target);
  out.number(static_cast<std::uint64_t>(n.what));
  out.text(n.value);
  out.number(static_cast<std::uint64_t>(n.about));
  out.text(n.code);
  out.signed_number(n.since);
  out.signed_number(n.until);
}

address_note read_note(binary_reader& in) {
  address_note n;
  n.channel = in.enumeration(channel_last);
  n.target = in.text();
  n.what = in.enumeration(address_note::mark::declined);
  n.value = in.text();
  n.about = in.enumeration(kind::revoke_deputy_delegation);
  n.code = in.text();
  n.since = in.signed_number();
  n.until = in.signed_number();
  return n;
}

void write_list(binary_writer& out, const std::vector<std::string>& list) {
  out.number(list.size());
  for (const auto& x : list)
    out.text(x);
}

std::vector<std::string> read_list(binary_reader& in) {
  std::vector<std::string> list(in.count());
  for (auto& x : list)
    x = in.text();
  return list;
}

void write_subscription(binary_writer& out, const web_push_subscription& s) {
  for (const auto* x : {&s.id, &s.endpoint, &s.p256dh, &s.auth, &s.install_id, &s.secret, &s.vapid_key, &s.check})
    out.text(*x);
  out.signed_number(s.created_at);
  out.number(s.claim);
  out.number(static_cast<std::uint64_t>(s.state));
  out.signed_number(s.proven_at);
  out.signed_number(s.next_at);
  write_list(out, s.former);
}

web_push_subscription read_subscription(binary_reader& in, std::uint64_t version) {
  web_push_subscription s;
  for (auto* x : {&s.id, &s.endpoint, &s.p256dh, &s.auth, &s.install_id, &s.secret, &s.vapid_key, &s.check})
    *x = in.text();
  s.created_at = in.signed_number();
  s.claim = in.number();
  s.state = in.enumeration(subscription_state::renewing);
  s.proven_at = in.signed_number();
  s.next_at = in.signed_number();
  if (version > 4)
    s.former = read_list(in);
  return s;
}

} // namespace

std::string encode(const person_data& d) {
  binary_writer out;
  out.number(person_version);
  out.flag(d.profile.has_value());
  if (d.profile)
    write_profile(out, *d.profile);
  out.number(d.devices.size());
  for (const auto& x : d.devices)
    write_device(out, x);
  d.pause.encode(out);
  out.number(d.notes.size());
  for (const auto& n : d.notes)
    write_note(out, n);
  out.number(d.subscriptions.size());
  for (const auto& s : d.subscriptions)
    write_subscription(out, s);
  return out.take();
}

bool decode(std::string_view row, person_data& d) {
  binary_reader in{row};
  const auto version = in.number();
  if (version == 0 || version > person_version)
    return false;
  if (in.flag())
    d.profile = read_profile(in);
  d.devices.resize(in.count());
  for (auto& x : d.devices)
    x = read_device(in, version);
  if (!d.pause.decode(in))
    return false;
  d.notes.resize(version > 2 ? in.count() : 0);
  for (auto& n : d.notes)
    n = read_note(in);
  d.subscriptions.resize(version > 3 ? in.count() : 0);
  for (auto& s : d.subscriptions)
    s = read_subscription(in, version);
  return in.ok();
}

std::string encode(const shown_subjects& s) {
  if (s.empty())
    return {};
  binary_writer out;
  out.number(person_row_version);
  out.number(s.size());
  for (const auto& [subject, at] : s) {
    out.text(subject);
    write_list(out, at.left);
    write_list(out, at.skipped);
  }
  return out.take();
}

bool decode(std::string_view row, shown_subjects& s) {
  binary_reader in{row};
  if (in.number() != person_row_version)
    return false;
  for (auto n = in.count(); n > 0; --n) {
    auto subject = in.text();
    auto& at = s[subject];
    at.left = read_list(in);
    at.skipped = read_list(in);
  }
  return in.ok();
}

} // namespace belfry

#include "belfry/actors/conversation/steps.hpp"

#include <limits>

namespace belfry {

static_assert(std::variant_size_v<step> <= entry_version);

namespace {

/// One order of fields serves writing and reading: `io` is a writer or a reader.
struct writing {
  binary_writer& out;

  void operator()(std::uint64_t& x) const { out.number(x); }
  void operator()(std::uint32_t& x) const { out.number(x); }
  void operator()(std::int64_t& x) const { out.signed_number(x); }
  void operator()(bool& x) const { out.flag(x); }
  void operator()(std::string& x) const { out.text(x); }
  void operator()(slot_set& x) const { encode(out, x); }
  void operator()(std::vector<std::pair<slot, position>>& x) const {
    out.number(x.size());
    for (auto& [who, what] : x) {
      out.number(who);
      out.number(what);
    }
  }
  template <class Enum>
  requires std::is_enum_v<Enum>
  void operator()(Enum& x) const { out.number(static_cast<std::uint64_t>(x)); }
};

constexpr role last_of(role) {
  return role::secondary_visitor;
}

constexpr message_kind last_of(message_kind) {
  return message_kind::system;
}

constexpr reason last_of(reason) {
  return reason_last;
}

struct reading {
  binary_reader& in;

  void operator()(std::uint64_t& x) const { x = in.number(); }
  void operator()(std::uint32_t& x) const { x = in.enumeration(std::numeric_limits<std::uint32_t>::max()); }
  void operator()(std::int64_t& x) const { x = in.signed_number(); }
  void operator()(bool& x) const { x = in.flag(); }
  void operator()(std::string& x) const { x = in.text(); }
  void operator()(slot_set& x) const { decode(in, x); }
  void operator()(std::vector<std::pair<slot, position>>& x) const {
    x.resize(in.count());
    for (auto& [who, what] : x) {
      (*this)(who);
      what = in.number();
    }
  }
  template <class Enum>
  requires std::is_enum_v<Enum>
  void operator()(Enum& x) const { x = in.enumeration(last_of(x)); }
};

template <class IO, class... Ts>
void all(IO io, Ts&... xs) {
  (io(xs), ...);
}

template <class IO>
void fields(IO io, message_step& s) {
  all(io, s.at, s.time, s.id, s.sender, s.sender_slot, s.kind, s.internal, s.to_all, s.addressed, s.text, s.sent_at,
      s.server_at, s.recipients, s.open);
}

template <class IO>
void fields(IO io, read_step& s) {
  all(io, s.at, s.time, s.reader, s.read_to, s.unread, s.cause, s.read_at, s.why);
}

template <class IO>
void fields(IO io, gone_step& s) {
  all(io, s.at, s.time, s.message, s.recipients, s.replacements, s.forgotten, s.cause, s.read_at);
}

template <class IO>
void fields(IO io, edited_step& s) {
  all(io, s.message, s.text);
}

template <class IO>
void fields(IO io, announced_step& s) {
  all(io, s.who, s.message, s.why);
}

template <class IO>
void fields(IO io, read_message_told_step& s) {
  all(io, s.who);
}

template <class IO>
void fields(IO io, roster_step& s) {
  all(io, s.who, s.person, s.role, s.hidden, s.muted, s.active);
}

template <class IO>
void fields(IO io, open_step& s) {
  all(io, s.who, s.client, s.open);
}

template <class IO>
void fields(IO io, session_step& s) {
  all(io, s.who, s.session, s.kind, s.active);
}

template <class IO>
void fields(IO io, ended_step& s) {
  all(io, s.at);
}

template <class IO>
void fields(IO io, call_step& s) {
  all(io, s.blob);
}

template <class IO>
void fields(IO io, requests_step& s) {
  all(io, s.blob);
}

template <class IO>
void fields(IO io, call_change_step& s) {
  all(io, s.blob);
}

template <class IO>
void fields(IO io, requests_change_step& s) {
  all(io, s.blob);
}

template <std::size_t I = 0>
bool decode_as(std::uint64_t type, binary_reader& in, step& s) {
  if constexpr (I < std::variant_size_v<step>) {
    if (type != I)
      return decode_as<I + 1>(type, in, s);
    fields(reading{in}, s.emplace<I>());
    return in.ok();
  } else {
    return false;
  }
}

} // namespace

void encode(binary_writer& out, const slot_set& s) {
  out.number(s.words());
  for (std::size_t i = 0; i < s.words(); ++i)
    out.number(s.word(i));
}

void decode(binary_reader& in, slot_set& s) {
  s = {};
  auto n = in.count();
  for (std::size_t i = 0; i < n; ++i)
    s.set_word(i, in.number());
}

void encode(binary_writer& out, const step& s) {
  out.number(s.index());
  // `writing` changes nothing: the reference is shared with `reading`.
  std::visit([&](const auto& x) { fields(writing{out}, const_cast<std::decay_t<decltype(x)>&>(x)); }, s);
}

bool decode(binary_reader& in, step& s) {
  return decode_as(in.number(), in, s);
}

void append(binary_writer& entry, const step& s) {
  if (entry.size() == 0)
    entry.number(entry_version);
  encode(entry, s);
}

bool each_step(std::string_view entry, const std::function<bool(step)>& apply) {
  binary_reader first{entry};
  auto versioned = first.number() >= entry_version;
  binary_reader in{entry};
  if (versioned && in.number() != entry_version)
    return false;
  while (!in.at_end()) {
    step s;
    if (!decode(in, s) || !apply(std::move(s)))
      return false;
  }
  return in.ok();
}

fact to_fact(const message_step& s) {
  fact f;
  f.type = fact::what::message;
  f.at = s.at;
  f.time = s.time;
  f.recipients = s.recipients;
  f.open = s.open;
  return f;
}

fact to_fact(const read_step& s) {
  fact f;
  f.type = fact::what::read;
  f.at = s.at;
  f.time = s.time;
  f.reader = s.reader;
  f.read_to = s.read_to;
  f.unread = s.unread;
  return f;
}

fact to_fact(const gone_step& s) {
  fact f;
  f.type = s.forgotten ? fact::what::forgotten : fact::what::deleted;
  f.at = s.at;
  f.time = s.time;
  f.recipients = s.recipients;
  f.message = s.message;
  f.replacements = s.replacements;
  return f;
}

} // namespace belfry

#include "belfry/actors/person/update_row.hpp"

#include "belfry/messages/binary.hpp"

namespace belfry {

namespace {

constexpr std::uint64_t row_version = 1;

/// Values are on disk: never renumber.
enum class update_type : std::uint8_t { withdraw, drop_message, rewrite_message, activity };

void write(binary_writer& out, const withdraw& m) {
  out.number(static_cast<std::uint64_t>(update_type::withdraw));
  out.text(m.conversation);
  out.number(static_cast<std::uint64_t>(m.why));
}

void write(binary_writer& out, const drop_message& m) {
  out.number(static_cast<std::uint64_t>(update_type::drop_message));
  out.text(m.conversation);
  out.text(m.message);
}

void write(binary_writer& out, const rewrite_message& m) {
  out.number(static_cast<std::uint64_t>(update_type::rewrite_message));
  out.text(m.conversation);
  out.text(m.message);
  out.text(m.text);
}

void write(binary_writer& out, const activity& m) {
  out.number(static_cast<std::uint64_t>(update_type::activity));
  out.text(m.conversation);
  out.optional_text(m.call);
  out.number(m.sessions.size());
  for (const auto& [session, kind] : m.sessions) {
    out.text(session);
    out.text(kind);
  }
}

void write(binary_writer&, const tell&) {}
void write(binary_writer&, const roster_change&) {}

activity read_activity(binary_reader& in) {
  activity a;
  a.conversation = in.text();
  a.call = in.optional_text();
  a.sessions.resize(in.count());
  for (auto& [session, kind] : a.sessions) {
    session = in.text();
    kind = in.text();
  }
  return a;
}

std::optional<person_update> read(binary_reader& in) {
  switch (in.enumeration(update_type::activity)) {
  case update_type::withdraw: {
    auto conversation = in.text();
    return withdraw{std::move(conversation), in.enumeration(reason_last)};
  }
  case update_type::drop_message: {
    auto conversation = in.text();
    return drop_message{std::move(conversation), in.text()};
  }
  case update_type::rewrite_message: {
    auto conversation = in.text();
    auto message = in.text();
    return rewrite_message{std::move(conversation), std::move(message), in.text()};
  }
  case update_type::activity:
    return read_activity(in);
  }
  return std::nullopt;
}

std::uint64_t* seq_in(tell&) {
  return nullptr;
}
std::uint64_t* seq_in(roster_change&) {
  return nullptr;
}
template <class Update>
std::uint64_t* seq_in(Update& m) {
  return &m.seq;
}

} // namespace

std::uint64_t* seq_of(person_update& m) {
  return std::visit([](auto& x) { return seq_in(x); }, m);
}

const std::uint64_t* seq_of(const person_update& m) {
  return seq_of(const_cast<person_update&>(m));
}

io::update_row to_row(const person_id& to, const person_update& m) {
  binary_writer out;
  out.number(row_version);
  std::visit([&](const auto& x) { write(out, x); }, m);
  const auto* seq = seq_of(m);
  return {seq ? *seq : 0, to, out.take()};
}

std::optional<person_update> from_row(const io::update_row& row) {
  binary_reader in{row.blob};
  if (in.number() != row_version)
    return std::nullopt;
  auto m = read(in);
  if (!m || !in.ok() || !in.at_end())
    return std::nullopt;
  *seq_of(*m) = row.seq;
  return m;
}

} // namespace belfry

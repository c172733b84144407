#include "belfry/io/webhook/registration.hpp"
#include "belfry/messages/binary.hpp"

namespace belfry::io::webhooks {

namespace {

constexpr std::uint64_t row_version = 2;

} // namespace

std::string encode(const webhook& w) {
  binary_writer out;
  out.number(row_version);
  out.text(w.id);
  out.text(w.name);
  out.optional_text(w.description);
  out.text(w.endpoint);
  out.number(static_cast<std::uint64_t>(w.status));
  out.text(w.api_version);
  out.optional_text(w.secret);
  out.optional_text(w.previous_secret);
  out.signed_number(w.previous_secret_until);
  out.number(w.events.size());
  for (auto& name : w.events)
    out.text(name);
  out.number(w.version);
  out.signed_number(w.created_at);
  out.signed_number(w.modified_at);
  out.signed_number(w.failing_since);
  out.number(w.failures);
  return out.take();
}

std::optional<webhook> decode(std::string_view row) {
  binary_reader in{row};
  const auto version = in.number();
  if (version == 0 || version > row_version)
    return std::nullopt;
  webhook w;
  w.id = in.text();
  w.name = in.text();
  w.description = in.optional_text();
  w.endpoint = in.text();
  auto status = in.number();
  w.api_version = in.text();
  w.secret = in.optional_text();
  w.previous_secret = in.optional_text();
  w.previous_secret_until = in.signed_number();
  for (auto n = in.count(); n > 0; --n)
    w.events.push_back(in.text());
  w.version = in.number();
  w.created_at = in.signed_number();
  w.modified_at = in.signed_number();
  w.failing_since = in.signed_number();
  // The first version did not count.
  w.failures = version >= 2 ? static_cast<std::uint32_t>(in.number()) : 0;
  if (!in.ok() || !in.at_end() || status > static_cast<std::uint64_t>(webhook_status::inactive_unavailable))
    return std::nullopt;
  w.status = static_cast<webhook_status>(status);
  return w;
}

} // namespace belfry::io::webhooks

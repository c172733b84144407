#pragma once

#include "belfry/io/ports.hpp"
#include "belfry/messages/person_mail.hpp"

#include <optional>

namespace belfry {

/// The place of a mail that must be a row until it is applied; null where another row says the same (a notification's,
/// a membership).
std::uint64_t* seq_of(person_mail& m);
const std::uint64_t* seq_of(const person_mail& m);

io::mail_row to_row(const person_id& to, const person_mail& m);
/// The inverse; nothing when the row is damaged or of a newer version.
std::optional<person_mail> from_row(const io::mail_row& row);

} // namespace belfry

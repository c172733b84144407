#pragma once

#include "belfry/io/ports.hpp"
#include "belfry/messages/person_update.hpp"

#include <optional>

namespace belfry {

/// The place of an update that must be a row until it is applied; null where another row says the same (a
/// notification's, a membership).
std::uint64_t* seq_of(person_update& m);
const std::uint64_t* seq_of(const person_update& m);

io::update_row to_row(const person_id& to, const person_update& m);
/// The inverse; nothing when the row is damaged or of a newer version.
std::optional<person_update> from_row(const io::update_row& row);

} // namespace belfry

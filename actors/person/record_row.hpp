#pragma once

#include "belfry/io/ports.hpp"
#include "belfry/messages/binary.hpp"
#include "belfry/messages/delivery.hpp"

#include <optional>

namespace belfry {

/// The row of a notification. It names people by id only, so that an erasure reaches it. The text is left out when it
/// is final: it is on disk only while it may be needed (SPEC 12).
io::notification_row to_row(const notification_record& r);

/// The inverse; nothing when the row is damaged or of a newer version.
std::optional<notification_record> from_row(const io::notification_row& row);

/// A profile with its id, without labels and metadata: what payloads show.
void write_person(binary_writer& out, const person& p);
person read_person(binary_reader& in);

} // namespace belfry

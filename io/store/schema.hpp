#pragma once

#include <cstdint>
#include <span>

namespace belfry::io {

class database;

/// One step of the schema: SQL that leads from version n-1 to version n, where n is its place in the list from 1.
/// Published steps are never changed.
using migration = const char*;

/// All steps of this build; their number is the schema's version (`user_version`).
std::span<const migration> migrations();

/// Marks a SQLite file as ours (`application_id`): "Blfy".
constexpr std::int64_t store_application_id = 0x426c6679;

/// Brings the schema up to date, one transaction per step; false: the database says why.
bool migrate(database& db, std::span<const migration> steps);

/// Queries that touch every table at both of its ends.
std::span<const char* const> end_probes();

} // namespace belfry::io

#pragma once

#include "belfry/io/ports.hpp"

#include <cstddef>
#include <memory>
#include <optional>
#include <string>

/// The durable state of one node (SPEC 12): one file of SQLite, or memory for tests.
namespace belfry::io {

/// What tests and tools may change about a SQLite store.
struct sqlite_settings {
  /// Name of a registered SQLite VFS; empty: the system's.
  std::string vfs;
  /// Connections that answer reads at the same time.
  std::size_t readers = 2;
  /// Page cache of the connection that writes, in KiB.
  int cache_kib = 65536;
};

/// A store, or why it cannot be opened: exactly one is set.
struct opened {
  std::unique_ptr<store> value;
  std::optional<open_error> error;
};

/// Opens the store in `path`, or makes it (mode 0600) when there is no such file or an empty one. A refused file is
/// left byte for byte as it was.
opened open_sqlite(const std::string& path, sqlite_settings settings = {});

/// Why there can be no store at `path`, without looking into one that is there; nothing: there can.
std::optional<open_error> check_place(const std::string& path);

/// A store that forgets everything when it goes.
std::unique_ptr<store> make_memory_store();

} // namespace belfry::io

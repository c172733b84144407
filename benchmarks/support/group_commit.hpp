#pragma once

#include <cstddef>
#include <filesystem>

namespace belfry::bench {

/// What the disk and SQLite give without an engine.
struct loop_figures {
  double rows_per_second = 0;
  /// Microseconds of CPU.
  double cpu_per_row = 0;
};

/// One thread that appends rows of so many bytes to a table with an integer key, `batch` in one transaction, WAL and
/// synchronous=FULL, for so many seconds.
loop_figures group_commit_loop(const std::filesystem::path& folder, std::size_t row_bytes, std::size_t batch,
                               double seconds);

/// The mean size of the journal rows of a store nobody has open; 0 when there are none.
double mean_journal_bytes(const std::filesystem::path& store);

} // namespace belfry::bench

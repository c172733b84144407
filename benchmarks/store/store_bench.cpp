// How fast is the store alone? Group commits of one row each, journal appends, and rows of conversations, in real
// files below the folder for temporary files (set TMPDIR to choose the disk).
#include "belfry/io/store/store.hpp"

#include <benchmark/benchmark.h>
#include <cstdlib>
#include <filesystem>
#include <random>

namespace fs = std::filesystem;
using namespace belfry;

namespace {

class bench_store {
public:
  bench_store() {
    std::string name = (fs::temp_directory_path() / "belfry-bench-XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
    store_ = io::open_sqlite((folder_ / "belfry.db").string()).value;
  }
  ~bench_store() {
    store_.reset();
    std::error_code none;
    fs::remove_all(folder_, none);
  }

  io::store& operator*() { return *store_; }
  std::uintmax_t log_size() const { return fs::file_size(folder_ / "belfry.db-wal"); }

  void commit(benchmark::State& state, const io::unit& u) {
    const auto r = store_->commit({&u}, 1);
    if (!r)
      state.SkipWithError(r.error().detail.c_str());
    largest_log_ = std::max(largest_log_, log_size());
  }
  /// The log of the preparations is truncated and does not count.
  void end_preparations() {
    store_->idle();
    largest_log_ = 0;
  }
  double largest_log() const { return static_cast<double>(largest_log_) / (1 << 20); }

private:
  fs::path folder_;
  std::unique_ptr<io::store> store_;
  std::uintmax_t largest_log_ = 0;
};

std::string noise(std::size_t size) {
  std::mt19937 random(static_cast<unsigned>(size));
  std::string out(size, '\0');
  for (auto& c : out)
    c = static_cast<char>(random());
  return out;
}

/// SQLite writes nothing for a row that stays the same.
std::string changed(std::string blob, std::int64_t n) {
  const auto text = std::to_string(n);
  return blob.replace(0, text.size(), text);
}

/// Batches of range(1) new rows of range(0) bytes: what one durable step costs.
void group_commit(benchmark::State& state) {
  bench_store s;
  const auto blob = noise(static_cast<std::size_t>(state.range(0)));
  std::int64_t key = 0;
  for (auto _ : state) {
    io::unit u;
    for (std::int64_t i = 0; i < state.range(1); ++i, ++key)
      u.changes.emplace_back(io::conversation_row{key + 1, "conversation-" + std::to_string(key), 0, 0, blob});
    s.commit(state, u);
  }
  state.SetItemsProcessed(key);
  state.counters["wal_MiB"] = s.largest_log();
}
BENCHMARK(group_commit)
    ->ArgNames({"bytes", "batch"})
    ->Args({200, 1})
    ->Args({200, 10})
    ->Args({200, 100})
    ->Args({950, 1000})
    ->UseRealTime();

/// Batches of range(0) entries of 150 bytes; each conversation's row is written again after 100 entries, so that
/// slices die and are erased.
void journal_appends(benchmark::State& state) {
  bench_store s;
  const auto entry = noise(150);
  const auto row = noise(950);
  constexpr std::int64_t conversations = 1000;
  io::unit rows;
  for (std::int64_t i = 1; i <= conversations; ++i)
    rows.changes.emplace_back(io::conversation_row{i, "conversation-" + std::to_string(i), 0, 0, row});
  s.commit(state, rows);
  std::int64_t entries = 0;
  std::int64_t next_row = 0;
  for (auto _ : state) {
    io::unit u;
    for (std::int64_t i = 0; i < state.range(0); ++i, ++entries) {
      u.changes.emplace_back(io::journal_entry{entries % conversations + 1, entry});
      if (entries % 100 == 0) {
        const auto key = next_row++ % conversations + 1;
        u.changes.emplace_back(
            io::conversation_row{key, "conversation-" + std::to_string(key), 0, 0, changed(row, entries)});
      }
    }
    s.commit(state, u);
  }
  state.SetItemsProcessed(entries);
  state.counters["wal_MiB"] = s.largest_log();
}
BENCHMARK(journal_appends)->ArgName("batch")->Arg(100)->Arg(1000)->Arg(2500)->UseRealTime();

/// Batches of 1,000 rows of 950 bytes, at random among range(0) conversations that exist.
void conversation_rows(benchmark::State& state) {
  bench_store s;
  const auto blob = noise(950);
  std::vector<std::string> ids;
  io::unit all;
  for (std::int64_t i = 0; i < state.range(0); ++i) {
    ids.push_back("conversation-" + std::to_string(i));
    all.changes.emplace_back(io::conversation_row{i + 1, ids.back(), 0, 0, blob});
  }
  s.commit(state, all);
  s.end_preparations();
  std::mt19937_64 random(1);
  std::int64_t rows = 0;
  for (auto _ : state) {
    io::unit u;
    for (int i = 0; i < 1000; ++i, ++rows) {
      const auto n = static_cast<std::size_t>(random() % ids.size());
      u.changes.emplace_back(io::conversation_row{static_cast<std::int64_t>(n) + 1, ids[n], 0, 0, changed(blob, rows)});
    }
    s.commit(state, u);
  }
  state.SetItemsProcessed(rows);
  state.counters["wal_MiB"] = s.largest_log();
}
BENCHMARK(conversation_rows)->ArgName("conversations")->Arg(10000)->Arg(100000)->UseRealTime();

/// Notifications as they live: born queued, then finished, 100 of each in a commit.
void notifications(benchmark::State& state) {
  bench_store s;
  const auto blob = noise(400);
  std::mt19937_64 random(1);
  std::vector<io::notification_row> former;
  std::int64_t count = 0;
  for (auto _ : state) {
    io::unit u;
    for (auto& n : former) {
      n.state = trace_state::done;
      u.changes.emplace_back(n);
    }
    former.clear();
    for (int i = 0; i < 100; ++i, ++count) {
      io::notification_row n;
      n.seq = (*s).new_notification_seq();
      for (auto& b : n.id.bytes)
        b = static_cast<std::uint8_t>(random());
      n.person = "person-" + std::to_string(random() % 100000);
      n.conversation = "conversation-" + std::to_string(random() % 10000);
      n.subject = "message-" + std::to_string(n.seq);
      n.created_at = static_cast<millis>(n.seq);
      n.blob = blob;
      former.push_back(n);
      u.changes.emplace_back(std::move(n));
    }
    s.commit(state, u);
  }
  state.SetItemsProcessed(count);
  state.counters["wal_MiB"] = s.largest_log();
}
BENCHMARK(notifications)->UseRealTime();

} // namespace

BENCHMARK_MAIN();

#include "belfry/benchmarks/support/group_commit.hpp"

#include "belfry/benchmarks/support/usage.hpp"

#include <sqlite3.h>

#include <memory>
#include <stdexcept>
#include <string>

namespace belfry::bench {

namespace {

struct closing {
  void operator()(sqlite3* db) const { sqlite3_close(db); }
  void operator()(sqlite3_stmt* s) const { sqlite3_finalize(s); }
};
using database = std::unique_ptr<sqlite3, closing>;
using statement = std::unique_ptr<sqlite3_stmt, closing>;

void check(sqlite3* db, bool ok) {
  if (!ok)
    throw std::runtime_error(std::string{"sqlite: "} + sqlite3_errmsg(db));
}

database open(const std::filesystem::path& file) {
  sqlite3* db = nullptr;
  const auto rc = sqlite3_open(file.c_str(), &db);
  database out{db};
  check(db, rc == SQLITE_OK);
  return out;
}

void run(const database& db, const char* sql) {
  check(db.get(), sqlite3_exec(db.get(), sql, nullptr, nullptr, nullptr) == SQLITE_OK);
}

statement prepare(const database& db, const char* sql) {
  sqlite3_stmt* s = nullptr;
  check(db.get(), sqlite3_prepare_v2(db.get(), sql, -1, &s, nullptr) == SQLITE_OK);
  return statement{s};
}

} // namespace

loop_figures group_commit_loop(const std::filesystem::path& folder, std::size_t row_bytes, std::size_t batch,
                               double seconds) {
  auto db = open(folder / "loop.db");
  run(db, "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
          "CREATE TABLE IF NOT EXISTS rows(seq INTEGER PRIMARY KEY, owner INTEGER, blob BLOB)");
  auto insert = prepare(db, "INSERT INTO rows(owner, blob) VALUES(?, ?)");
  const std::string row(row_bytes, 'x');
  std::uint64_t rows = 0;
  usage u;
  while (u.seconds() < seconds) {
    run(db, "BEGIN IMMEDIATE");
    for (std::size_t i = 0; i < batch; ++i, ++rows) {
      sqlite3_bind_int64(insert.get(), 1, static_cast<sqlite3_int64>(rows % 10'000));
      sqlite3_bind_blob(insert.get(), 2, row.data(), static_cast<int>(row.size()), SQLITE_STATIC);
      check(db.get(), sqlite3_step(insert.get()) == SQLITE_DONE);
      sqlite3_reset(insert.get());
    }
    run(db, "COMMIT");
  }
  return {static_cast<double>(rows) / u.seconds(), 1e6 * u.cpu() / static_cast<double>(rows)};
}

double mean_journal_bytes(const std::filesystem::path& store) {
  auto db = open(store);
  auto ask = prepare(db, "SELECT avg(length(blob)) FROM (SELECT blob FROM journal ORDER BY seq DESC LIMIT 100000)");
  return sqlite3_step(ask.get()) == SQLITE_ROW ? sqlite3_column_double(ask.get(), 0) : 0;
}

} // namespace belfry::bench

#include "belfry/io/program/commands.hpp"
#include "belfry/io/program/configuration.hpp"
#include "belfry/io/program/report.hpp"

#include <fcntl.h>
#include <sqlite3.h>
#include <unistd.h>

#include <iostream>
#include <memory>

namespace belfry::program {

namespace {

using database = std::unique_ptr<sqlite3, decltype(&sqlite3_close)>;

/// How long a reader waits for a writer that is in its way.
constexpr int busy_ms = 10'000;

/// An empty file that only its owner may read; the copy fills it.
bool make_private(const std::string& path) {
  const auto file = ::open(path.c_str(), O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, S_IRUSR | S_IWUSR);
  if (file < 0)
    return false;
  ::close(file);
  return true;
}

/// Copies one snapshot of the store; writers go on meanwhile.
bool copy(sqlite3* from, const std::string& to) {
  sqlite3_stmt* raw = nullptr;
  if (sqlite3_prepare_v2(from, "VACUUM INTO ?", -1, &raw, nullptr) != SQLITE_OK)
    return false;
  std::unique_ptr<sqlite3_stmt, decltype(&sqlite3_finalize)> statement{raw, sqlite3_finalize};
  sqlite3_bind_text(raw, 1, to.c_str(), -1, SQLITE_TRANSIENT);
  return sqlite3_step(raw) == SQLITE_DONE;
}

} // namespace

int backup(const backup_arguments& a) {
  auto o = read_configuration(a.from);
  if (!o)
    return failed;
  if (o->store.kind != store_kind::sqlite)
    return report("only a SQLite store is copied; store.kind is another one");
  sqlite3* raw = nullptr;
  const auto opened = sqlite3_open_v2(o->store.path.c_str(), &raw, SQLITE_OPEN_READONLY, nullptr);
  database store{raw, sqlite3_close};
  if (opened != SQLITE_OK)
    return report("the store " + o->store.path + " cannot be read: " + sqlite3_errstr(opened));
  sqlite3_busy_timeout(store.get(), busy_ms);
  if (!make_private(a.file))
    return report(a.file + " is there already or cannot be made");
  if (!copy(store.get(), a.file)) {
    const std::string why = sqlite3_errmsg(store.get());
    ::unlink(a.file.c_str());
    return report("the store " + o->store.path + " cannot be copied: " + why);
  }
  std::cout << a.file << "\n";
  return succeeded;
}

} // namespace belfry::program

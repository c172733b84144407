#include "belfry/tests/support/vfs/fault_vfs.hpp"

#include <atomic>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <mutex>
#include <new>
#include <random>
#include <sqlite3.h>
#include <vector>

namespace belfry::test {

namespace fs = std::filesystem;

namespace {

/// A write (or, without data, a change of length) that no sync has covered yet.
struct unsynced {
  std::size_t offset = 0;
  std::string data;
  bool truncates = false;
};

/// What the disk has of one file, and what it may have.
struct image {
  std::string durable;
  std::vector<unsynced> pending;
};

void put(std::string& content, const unsynced& x, std::size_t size) {
  if (x.truncates) {
    content.resize(x.offset, '\0');
    return;
  }
  if (content.size() < x.offset + size)
    content.resize(x.offset + size, '\0');
  content.replace(x.offset, size, x.data, 0, size);
}

std::string content_of(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

constexpr std::size_t sector = 512;

} // namespace

struct fault_vfs::state {
  sqlite3_vfs vfs{};
  sqlite3_vfs* real = nullptr;
  std::string name;
  mutable std::mutex mutex;
  std::mt19937_64 random;
  std::map<std::string, image> images;
  bool full = false;
  bool frozen = false;
  bool off = false;
  int writes_to_fail = 0;
  int syncs_to_fail = 0;
  std::function<void()> during_syncs;
  int operations_left = -1;

  /// Counts down to the power cut; true: the power is off.
  bool dark() {
    if (operations_left > 0 && --operations_left == 0)
      off = true;
    return off;
  }

  int before_write() {
    if (dark())
      return SQLITE_IOERR_WRITE;
    if (frozen)
      return SQLITE_READONLY;
    if (writes_to_fail > 0) {
      --writes_to_fail;
      return SQLITE_IOERR_WRITE;
    }
    return SQLITE_OK;
  }
};

namespace {

/// SQLite's view of an open file; the system's own file object lies behind it in the same memory.
struct file {
  sqlite3_file base;
  fault_vfs::state* state;
  char path[512];
  int flags;
  bool tracked;
};

sqlite3_file* real_of(sqlite3_file* x) {
  return reinterpret_cast<sqlite3_file*>(reinterpret_cast<char*>(x) + ((sizeof(file) + 15) / 16) * 16);
}

file& mine(sqlite3_file* x) {
  return *reinterpret_cast<file*>(x);
}

int do_close(sqlite3_file* f) {
  auto* real = real_of(f);
  return real->pMethods == nullptr ? SQLITE_OK : real->pMethods->xClose(real);
}

int do_read(sqlite3_file* f, void* out, int size, sqlite3_int64 at) {
  return real_of(f)->pMethods->xRead(real_of(f), out, size, at);
}

int do_write(sqlite3_file* f, const void* data, int size, sqlite3_int64 at) {
  auto& s = *mine(f).state;
  std::lock_guard guard(s.mutex);
  if (const int rc = s.before_write(); rc != SQLITE_OK)
    return rc;
  sqlite3_int64 length = 0;
  real_of(f)->pMethods->xFileSize(real_of(f), &length);
  if (s.full && (at + size > length || (mine(f).flags & SQLITE_OPEN_WAL) != 0))
    return SQLITE_FULL;
  const int rc = real_of(f)->pMethods->xWrite(real_of(f), data, size, at);
  if (rc == SQLITE_OK && mine(f).tracked)
    s.images[mine(f).path].pending.push_back(
        {static_cast<std::size_t>(at), std::string(static_cast<const char*>(data), static_cast<std::size_t>(size)),
         false});
  return rc;
}

int do_truncate(sqlite3_file* f, sqlite3_int64 size) {
  auto& s = *mine(f).state;
  std::lock_guard guard(s.mutex);
  if (const int rc = s.before_write(); rc != SQLITE_OK)
    return rc;
  const int rc = real_of(f)->pMethods->xTruncate(real_of(f), size);
  if (rc == SQLITE_OK && mine(f).tracked)
    s.images[mine(f).path].pending.push_back({static_cast<std::size_t>(size), {}, true});
  return rc;
}

int do_sync(sqlite3_file* f, int flags) {
  auto& s = *mine(f).state;
  std::unique_lock guard(s.mutex);
  if (auto during = s.during_syncs) {
    guard.unlock();
    during();
    guard.lock();
  }
  if (s.dark())
    return SQLITE_IOERR_FSYNC;
  auto& x = s.images[mine(f).path];
  if (s.syncs_to_fail > 0) {
    --s.syncs_to_fail;
    x.pending.clear();
    return SQLITE_IOERR_FSYNC;
  }
  const int rc = real_of(f)->pMethods->xSync(real_of(f), flags);
  if (rc != SQLITE_OK)
    return rc;
  for (const auto& p : x.pending)
    put(x.durable, p, p.data.size());
  x.pending.clear();
  return rc;
}

int do_size(sqlite3_file* f, sqlite3_int64* out) {
  return real_of(f)->pMethods->xFileSize(real_of(f), out);
}
int do_lock(sqlite3_file* f, int x) {
  return real_of(f)->pMethods->xLock(real_of(f), x);
}
int do_unlock(sqlite3_file* f, int x) {
  return real_of(f)->pMethods->xUnlock(real_of(f), x);
}
int do_check_lock(sqlite3_file* f, int* out) {
  return real_of(f)->pMethods->xCheckReservedLock(real_of(f), out);
}
int do_control(sqlite3_file* f, int op, void* arg) {
  // Growing a file ahead of its writes would go past what is tracked.
  if (op == SQLITE_FCNTL_SIZE_HINT || op == SQLITE_FCNTL_CHUNK_SIZE)
    return SQLITE_OK;
  return real_of(f)->pMethods->xFileControl(real_of(f), op, arg);
}
int do_sector(sqlite3_file* f) {
  return real_of(f)->pMethods->xSectorSize(real_of(f));
}
int do_device(sqlite3_file* f) {
  return real_of(f)->pMethods->xDeviceCharacteristics(real_of(f));
}
int do_shm_map(sqlite3_file* f, int page, int size, int extend, void volatile** out) {
  return real_of(f)->pMethods->xShmMap(real_of(f), page, size, extend, out);
}
int do_shm_lock(sqlite3_file* f, int offset, int n, int flags) {
  return real_of(f)->pMethods->xShmLock(real_of(f), offset, n, flags);
}
void do_shm_barrier(sqlite3_file* f) {
  real_of(f)->pMethods->xShmBarrier(real_of(f));
}
int do_shm_unmap(sqlite3_file* f, int remove) {
  return real_of(f)->pMethods->xShmUnmap(real_of(f), remove);
}

constexpr sqlite3_io_methods methods{2,         do_close,   do_read,     do_write,       do_truncate,  do_sync,
                                     do_size,   do_lock,    do_unlock,   do_check_lock,  do_control,   do_sector,
                                     do_device, do_shm_map, do_shm_lock, do_shm_barrier, do_shm_unmap, nullptr,
                                     nullptr};

fault_vfs::state& state_of(sqlite3_vfs* v) {
  return *static_cast<fault_vfs::state*>(v->pAppData);
}

int open_file(sqlite3_vfs* v, const char* name, sqlite3_file* f, int flags, int* out_flags) {
  auto& s = state_of(v);
  f->pMethods = nullptr;
  std::lock_guard guard(s.mutex);
  if (s.off)
    return SQLITE_CANTOPEN;
  auto* real = real_of(f);
  real->pMethods = nullptr;
  const int rc = s.real->xOpen(s.real, name, real, flags, out_flags);
  if (rc != SQLITE_OK)
    return rc;
  auto& m = mine(f);
  m.state = &s;
  m.flags = flags;
  m.tracked = name != nullptr && (flags & SQLITE_OPEN_DELETEONCLOSE) == 0;
  std::strncpy(m.path, name != nullptr ? name : "", sizeof(m.path) - 1);
  m.path[sizeof(m.path) - 1] = '\0';
  if (m.tracked && s.images.count(m.path) == 0)
    s.images[m.path].durable = content_of(m.path);
  f->pMethods = &methods;
  return SQLITE_OK;
}

int delete_file(sqlite3_vfs* v, const char* name, int sync_folder) {
  auto& s = state_of(v);
  std::lock_guard guard(s.mutex);
  if (s.dark())
    return SQLITE_IOERR_DELETE;
  s.images.erase(name);
  return s.real->xDelete(s.real, name, sync_folder);
}

int access_file(sqlite3_vfs* v, const char* name, int flags, int* out) {
  return state_of(v).real->xAccess(state_of(v).real, name, flags, out);
}
int full_name(sqlite3_vfs* v, const char* name, int size, char* out) {
  return state_of(v).real->xFullPathname(state_of(v).real, name, size, out);
}
int randomness(sqlite3_vfs* v, int size, char* out) {
  return state_of(v).real->xRandomness(state_of(v).real, size, out);
}
int sleep_for(sqlite3_vfs* v, int microseconds) {
  return state_of(v).real->xSleep(state_of(v).real, microseconds);
}
int current_time(sqlite3_vfs* v, double* out) {
  return state_of(v).real->xCurrentTime(state_of(v).real, out);
}
int last_error(sqlite3_vfs*, int, char*) {
  return 0;
}

} // namespace

fault_vfs::fault_vfs(std::uint64_t seed) : state_(std::make_unique<state>()) {
  static std::atomic<int> number{0};
  auto& s = *state_;
  s.random.seed(seed);
  s.name = "belfry-fault-" + std::to_string(++number);
  s.real = sqlite3_vfs_find(nullptr);
  s.vfs.iVersion = 1;
  s.vfs.szOsFile = static_cast<int>((sizeof(file) + 15) / 16 * 16) + s.real->szOsFile;
  s.vfs.mxPathname = s.real->mxPathname;
  s.vfs.zName = s.name.c_str();
  s.vfs.pAppData = &s;
  s.vfs.xOpen = open_file;
  s.vfs.xDelete = delete_file;
  s.vfs.xAccess = access_file;
  s.vfs.xFullPathname = full_name;
  s.vfs.xRandomness = randomness;
  s.vfs.xSleep = sleep_for;
  s.vfs.xCurrentTime = current_time;
  s.vfs.xGetLastError = last_error;
  sqlite3_vfs_register(&s.vfs, 0);
}

fault_vfs::~fault_vfs() {
  sqlite3_vfs_unregister(&state_->vfs);
}

const std::string& fault_vfs::name() const {
  return state_->name;
}

void fault_vfs::disk_full(bool on) {
  std::lock_guard guard(state_->mutex);
  state_->full = on;
}

void fault_vfs::read_only(bool on) {
  std::lock_guard guard(state_->mutex);
  state_->frozen = on;
}

void fault_vfs::fail_writes(int count) {
  std::lock_guard guard(state_->mutex);
  state_->writes_to_fail = count;
}

void fault_vfs::during_syncs(std::function<void()> f) {
  std::lock_guard guard(state_->mutex);
  state_->during_syncs = std::move(f);
}

void fault_vfs::fail_syncs(int count) {
  std::lock_guard guard(state_->mutex);
  state_->syncs_to_fail = count;
}

void fault_vfs::cut_power_after(int operations) {
  std::lock_guard guard(state_->mutex);
  state_->operations_left = operations;
  state_->off = operations == 0;
}

bool fault_vfs::power_is_off() const {
  std::lock_guard guard(state_->mutex);
  return state_->off;
}

int fault_vfs::syncs_to_fail() const {
  std::lock_guard guard(state_->mutex);
  return state_->syncs_to_fail;
}

/// The caller holds the lock.
static void cut_back(fault_vfs::state& s) {
  for (auto& [path, x] : s.images) {
    if (!fs::exists(path))
      continue;
    for (const auto& p : x.pending) {
      const auto chance = s.random() % 3;
      if (chance == 0)
        continue;
      // Whole, or torn at a sector.
      const auto size =
          chance == 1 || p.data.size() <= sector ? p.data.size() : sector * (s.random() % (p.data.size() / sector));
      put(x.durable, p, size);
    }
    std::ofstream(path, std::ios::binary | std::ios::trunc) << x.durable;
  }
  s.images.clear();
}

void fault_vfs::leave_what_was_synced() {
  auto& s = *state_;
  std::lock_guard guard(s.mutex);
  s.off = true;
  cut_back(s);
}

void fault_vfs::restore_power() {
  auto& s = *state_;
  std::lock_guard guard(s.mutex);
  cut_back(s);
  s.off = false;
  s.operations_left = -1;
  s.writes_to_fail = 0;
  s.syncs_to_fail = 0;
}

} // namespace belfry::test

#pragma once

#include "belfry/io/store/store.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <iterator>
#include <string>
#include <unistd.h>

namespace belfry::test {

/// A folder of its own, gone with it.
class temp_folder {
public:
  temp_folder() {
    std::string name = (std::filesystem::temp_directory_path() / "belfry-store-XXXXXX").string();
    path_ = ::mkdtemp(name.data());
  }
  ~temp_folder() {
    std::error_code none;
    std::filesystem::remove_all(path_, none);
  }
  temp_folder(const temp_folder&) = delete;
  temp_folder& operator=(const temp_folder&) = delete;

  std::filesystem::path path() const { return path_; }
  std::string file(const std::string& name = "belfry.db") const { return (path_ / name).string(); }

private:
  std::filesystem::path path_;
};

/// A store that must open.
inline std::unique_ptr<io::store> open_store(const std::string& file, const io::sqlite_settings& settings = {}) {
  auto out = io::open_sqlite(file, settings);
  if (out.error)
    ADD_FAILURE() << out.error->detail;
  return std::move(out.value);
}

template <class... Changes>
io::unit unit_of(Changes... changes) {
  return io::unit{{io::change(std::move(changes))...}};
}

inline result<success> commit(io::store& s, const io::unit& u, millis now = 1000) {
  return s.commit({&u}, now);
}

/// Commits changes that must succeed.
template <class... Changes>
void put(io::store& s, Changes... changes) {
  const auto r = commit(s, unit_of(std::move(changes)...));
  ASSERT_TRUE(r) << r.error().detail;
}

inline notification_id id_of(std::uint64_t n) {
  notification_id out;
  for (std::size_t i = 0; i < 8; ++i)
    out.bytes[i] = static_cast<std::uint8_t>(n >> (8 * i));
  return out;
}

inline io::notification_row notification(std::uint64_t seq, const person_id& person, trace_state state,
                                         const conversation_id& conversation = "c", const std::string& subject = "m") {
  io::notification_row out;
  out.seq = seq;
  out.id = id_of(seq);
  out.person = person;
  out.conversation = conversation;
  out.subject = subject;
  out.state = state;
  out.created_at = static_cast<millis>(seq);
  out.blob = "blob of " + std::to_string(seq);
  return out;
}

inline std::string bytes_of(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

} // namespace belfry::test

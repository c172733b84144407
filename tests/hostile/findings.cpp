#include "belfry/tests/hostile/findings.hpp"

#include <cctype>
#include <cstdio>

namespace belfry::test::hostile {

void findings::fault(std::string what) {
  auto guard = std::lock_guard{mutex_};
  if (++faults_ <= shown_max)
    shown_.push_back(std::move(what));
}

void findings::answered(int status) {
  auto guard = std::lock_guard{mutex_};
  ++statuses_[status];
}

void findings::sent() {
  auto guard = std::lock_guard{mutex_};
  ++requests_;
}

std::size_t findings::requests() const {
  auto guard = std::lock_guard{mutex_};
  return requests_;
}

std::size_t findings::count(int status) const {
  auto guard = std::lock_guard{mutex_};
  auto i = statuses_.find(status);
  return i == statuses_.end() ? 0 : i->second;
}

std::string findings::report() const {
  auto guard = std::lock_guard{mutex_};
  if (faults_ == 0)
    return {};
  auto out = std::to_string(faults_) + " faults:\n";
  for (const auto& s : shown_)
    out += "- " + s + "\n";
  return out;
}

std::string findings::statuses() const {
  auto guard = std::lock_guard{mutex_};
  std::string out;
  for (const auto& [status, n] : statuses_)
    out += (out.empty() ? "" : ", ") + std::to_string(status) + ": " + std::to_string(n);
  return out;
}

std::string shown(const std::string& bytes) {
  constexpr std::size_t shown_max = 700;
  std::string out;
  for (auto c : bytes.substr(0, shown_max)) {
    auto byte = static_cast<unsigned char>(c);
    char code[8];
    std::snprintf(code, sizeof code, "\\x%02x", byte);
    out += std::isprint(byte) != 0 ? std::string(1, c) : c == '\n' ? "\n    " : c == '\r' ? "" : code;
  }
  if (bytes.size() > shown_max)
    out += "... (" + std::to_string(bytes.size()) + " bytes)";
  return out;
}

} // namespace belfry::test::hostile

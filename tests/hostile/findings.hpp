#pragma once

#include <map>
#include <mutex>
#include <string>
#include <vector>

namespace belfry::test::hostile {

/// What the clients of a storm saw: faults, and how often which status was answered. Safe from any thread.
class findings {
public:
  void fault(std::string what);
  void answered(int status);
  void sent();

  std::size_t requests() const;
  /// How often that status was answered; 0 stands for no answer.
  std::size_t count(int status) const;
  /// The first faults (at most `shown_max`) and how many there were; empty: none.
  std::string report() const;
  /// "202: 1234, 400: 5678, ..."
  std::string statuses() const;

private:
  static constexpr std::size_t shown_max = 20;
  mutable std::mutex mutex_;
  std::vector<std::string> shown_;
  std::size_t faults_ = 0;
  std::size_t requests_ = 0;
  std::map<int, std::size_t> statuses_;
};

/// Bytes made printable and short.
std::string shown(const std::string& bytes);

} // namespace belfry::test::hostile

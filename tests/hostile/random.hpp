#pragma once

#include <cstdint>
#include <random>
#include <string>

namespace belfry::test::hostile {

/// Chance from a seed: the same numbers for the same seed on every machine.
class random {
public:
  explicit random(std::uint64_t seed) : engine_(seed) {}

  /// 0 to n - 1; 0 when `n` is 0.
  std::size_t below(std::size_t n) { return n == 0 ? 0 : static_cast<std::size_t>(engine_() % n); }
  bool percent(unsigned chance) { return below(100) < chance; }
  char byte() { return static_cast<char>(below(256)); }

  template <class List>
  const auto& of(const List& list) {
    return list[below(std::size(list))];
  }

  std::string hex(std::size_t digits) {
    std::string out;
    while (out.size() < digits)
      out.push_back("0123456789abcdef"[below(16)]);
    return out;
  }

private:
  std::mt19937_64 engine_;
};

} // namespace belfry::test::hostile

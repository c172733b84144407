#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace belfry {

/// Why our machinery could not do something. How a delivery ended is an `outcome`, not an error.
enum class ec {
  /// Wrong shape or value; `problems` says where (HTTP 400).
  bad_input = 1,
  /// Nobody of that id (404).
  not_found,
  /// An old version, a name that is taken, nothing accepted (409).
  conflict,
  /// A bound of a queue is reached; try again (429).
  overloaded,
  /// The store cannot be written, or the engine is not ready yet (503).
  store_unavailable,
  /// The engine is stopping (503).
  stopping,
  /// The capability comes with a later release (400 for events, 501 for routes).
  not_supported_yet,
  /// More than a request may carry (413).
  too_large,
};

/// snake_case, as in `urn:belfry:<code>`.
std::string_view to_string(ec code);

/// One thing wrong in a request: a JSON pointer, and a sentence that names what is wrong and what is allowed.
struct problem {
  std::string pointer;
  std::string detail;

  bool operator==(const problem&) const = default;
};

struct error {
  ec code = ec::bad_input;
  std::string detail;
  std::vector<problem> problems;
};

/// A value or why there is none.
template <class T>
class result {
public:
  result(T value) : v_(std::move(value)) {}
  result(belfry::error e) : v_(std::move(e)) {}

  explicit operator bool() const { return v_.index() == 0; }
  T& operator*() { return std::get<0>(v_); }
  const T& operator*() const { return std::get<0>(v_); }
  T* operator->() { return &std::get<0>(v_); }
  const T* operator->() const { return &std::get<0>(v_); }
  const belfry::error& error() const { return std::get<1>(v_); }

private:
  std::variant<T, belfry::error> v_;
};

/// The value of an operation that only succeeds or fails.
struct success {};

} // namespace belfry

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

/// Rows on disk are binary and versioned: little-endian base-128 numbers and length-prefixed text, written in a fixed
/// order by the codec of each row.
namespace belfry {

class binary_writer {
public:
  /// Unsigned number, 1 to 10 bytes.
  void number(std::uint64_t x);
  /// Signed number (zigzag).
  void signed_number(std::int64_t x);
  void flag(bool x) { out_.push_back(x ? '\1' : '\0'); }
  void text(std::string_view x);
  void optional_text(const std::optional<std::string>& x);
  void raw(std::string_view x) { out_.append(x); }

  std::string take() { return std::move(out_); }
  std::size_t size() const { return out_.size(); }

private:
  std::string out_;
};

/// Reads what `binary_writer` wrote. After a mistake (short or malformed input) `ok` is false and everything reads as
/// zero or empty, so that a codec checks once at the end.
class binary_reader {
public:
  explicit binary_reader(std::string_view in) : in_(in) {}

  std::uint64_t number();
  std::int64_t signed_number();
  bool flag();
  /// One of an enumeration's values, whose greatest is `last`; any other number is a mistake.
  template <class Enum>
  Enum enumeration(Enum last) {
    return static_cast<Enum>(number_up_to(static_cast<std::uint64_t>(last)));
  }
  std::string text();
  std::optional<std::string> optional_text();
  std::string_view raw(std::size_t n);

  bool ok() const { return ok_; }
  bool at_end() const { return in_.empty(); }
  /// A count that cannot be larger than what is left to read (guards loops against damaged rows).
  std::size_t count();

private:
  std::uint64_t number_up_to(std::uint64_t last);
  void fail();

  std::string_view in_;
  bool ok_ = true;
};

} // namespace belfry

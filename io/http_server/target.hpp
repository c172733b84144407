#pragma once

#include "belfry/messages/error.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace belfry::io::http {

/// Query parameters of one request; beyond it bad_input.
constexpr std::size_t parameters_max = 32;

/// A request target taken apart (RFC 9112, origin and absolute form).
struct target {
  /// Decoded; "/v1/persons/a%2Fb" is {"v1", "persons", "a/b"}, "/" is {}, and a trailing slash gives an empty last one.
  std::vector<std::string> segments;
  /// As written, without query.
  std::string path;
  /// Decoded, in the order given.
  std::vector<std::pair<std::string, std::string>> query;
  /// Of the absolute form; takes the place of Host.
  std::optional<std::string> authority;
};

/// ec::bad_input: not a path, a broken percent-encoding, too many parameters.
result<target> parse_target(std::string_view text);

/// Undoes %XX (`crypto::percent_encode`; and, in a query, `+`); nothing when an escape is broken.
std::optional<std::string> percent_decode(std::string_view text, bool plus_is_blank);

} // namespace belfry::io::http

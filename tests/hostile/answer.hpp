#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace belfry::test::hostile {

/// An answer of the server.
struct answer {
  int status = 0;
  /// Names in lower case.
  std::multimap<std::string, std::string> headers;
  std::string body;

  std::string header(const std::string& name) const;
  /// The server closes the connection behind it.
  bool closes() const { return header("connection") == "close"; }
  /// A stream without an end.
  bool streams() const { return header("content-type") == "text/event-stream"; }
};

/// Reads a head (without its empty line) as strictly as RFC 9112 allows a sender; nothing: it is malformed.
std::optional<answer> parse_head(std::string_view text);

/// Bytes of the body that follow a head; nothing when the head does not say so properly. `head`: asked with HEAD.
std::optional<std::size_t> body_size(const answer& a, bool head);

/// What is wrong with a whole answer by SPEC 13, whatever was asked; empty: nothing. `head`: asked with HEAD.
std::string wrong_with(const answer& a, bool head);

} // namespace belfry::test::hostile

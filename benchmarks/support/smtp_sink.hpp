#pragma once

#include "belfry/benchmarks/support/driver.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace belfry::bench {

/// The work of a helper process that is a mail server without TLS and takes every mail: `board::port`, and
/// `board::count` mails so far; `board::extra[0]` bytes of their contents.
void serve_mails(board& b);

/// One connection of it, without the socket: what a client said in, what it is told out.
class smtp_dialogue {
public:
  static constexpr const char* greeting = "220 sink\r\n";

  /// Takes what the client sent and appends the replies. False: it said goodbye.
  bool receive(std::string_view bytes, std::string& replies);

  /// Mails taken so far, and the bytes of their contents.
  std::uint64_t mails() const { return mails_; }
  std::uint64_t bytes() const { return bytes_; }

private:
  bool command(std::string_view line, std::string& replies);
  bool content(std::string& replies);

  std::string in_;
  /// The client sends the content of a mail; so much of it was searched for its end.
  bool in_content_ = false;
  std::size_t searched_ = 0;
  std::uint64_t mails_ = 0;
  std::uint64_t bytes_ = 0;
};

} // namespace belfry::bench

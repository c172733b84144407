#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace belfry::test {

/// What a sink does with a request.
struct sink_action {
  enum class what : std::uint8_t {
    answer,
    /// Keeps the connection and never answers.
    hang,
    /// Closes the connection without an answer.
    close,
    /// Answers, then closes the connection without having announced it.
    answer_and_close,
    /// Closes in the middle of the answer's header.
    cut_header,
    /// Sends the header, then closes in the middle of the body.
    cut_body,
    /// Sends the header and part of the body, then nothing.
    stall_body,
  };

  what kind = what::answer;
  int status = 200;
  std::chrono::milliseconds delay{0};
  std::string retry_after;
  std::string location;
  std::size_t body_size = 0;
};

/// Reads what to do from the path (a query is not looked at):
/// /ok, /gone, /hang, /close, /ok-close, /cut, /cut-body, /stall-body, /status/<n>, /slow/<ms>,
/// /retry-after/<value>/<status>, /big/<bytes>, /redirect/<path>, /fail-first/<n>/<status>.
/// `before` is how many requests this path had before. Anything else: 200.
sink_action read_script(std::string_view path, std::uint64_t before);

/// The bytes of an answer; with cut_header, cut_body and stall_body those that are sent.
std::string answer_text(const sink_action& action, std::string_view body);

} // namespace belfry::test

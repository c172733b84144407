#pragma once

#include "belfry/messages/error.hpp"
#include "belfry/tests/support/providers/http2_server.hpp"

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace belfry::program {

/// A provider end that `belfry simulate` can make go wrong.
enum class push_end : std::uint8_t { apns, fcm, web_push };

/// What an end does with some of the pushes that come to it.
///
///   END:FAULT[/N]        every Nth push, without N every one
///   END                  "apns", "fcm", "web-push"
///   FAULT                "hang", "reset", "refuse", "goaway" (before the push is processed), "goaway-after", "cut",
///                        "freeze" (the whole connection falls silent), or STATUS[:REASON], as 429:TooManyRequests
class simulated_fault {
public:
  /// ec::bad_input: the detail says what is wrong and what is possible.
  static result<simulated_fault> parse(const std::string& text);

  push_end end() const { return end_; }
  /// "goaway", "429:TooManyRequests".
  const std::string& name() const { return name_; }
  const test::http2_reply& reply() const { return reply_; }
  /// A push comes. True: it is one that goes wrong.
  bool takes_next() { return ++*pushes_ % every_ == 0; }

private:
  push_end end_ = push_end::apns;
  std::string name_;
  test::http2_reply reply_;
  std::uint64_t every_ = 1;
  /// Shared by copies, which are of one end.
  std::shared_ptr<std::atomic<std::uint64_t>> pushes_ = std::make_shared<std::atomic<std::uint64_t>>(0);
};

/// The first of `faults` whose turn it is when a push comes to `end`; nullptr: all is well.
const simulated_fault* next_fault(std::vector<simulated_fault>& faults, push_end end);

} // namespace belfry::program

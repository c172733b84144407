#pragma once

#include "belfry/tests/hostile/random.hpp"

#include <nlohmann/json.hpp>

#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace belfry::test::hostile {

using json = nlohmann::json;

/// What a request must be answered with.
enum class wanted {
  /// Any well-formed answer; what it says decides whether the body counts.
  anything,
  /// An error of the client, or that the connection ends: it must have no effect.
  refusal,
  /// A success.
  success
};

/// A request before it becomes bytes. A mutator changes it in place, and says by `want` and `last` what it did.
struct request {
  std::string method = "POST";
  std::string target = "/v1/events";
  std::string version = "HTTP/1.1";
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  /// The framing headers: Content-Length of `body`, unless a mutator says otherwise.
  std::vector<std::pair<std::string, std::string>> framing;
  /// What goes over the wire in place of the body; only when `encoded`.
  std::string payload;
  bool encoded = false;
  /// The bytes once a mutator worked on them; empty: rendered from the above.
  std::string bytes;
  wanted want = wanted::anything;
  /// Its end may be unclear: nothing follows on its connection, and our side is closed behind it.
  bool last = false;
  /// Which mutators were at work, for the report.
  std::string done;

  void set(std::string_view name, std::string value);
  void drop(std::string_view name);
  /// Content-Length as for `body`.
  void frame();
  bool ndjson() const;
};

/// A POST of events (or another body) with a good head; no token when empty.
request with_body(std::string method, std::string target, std::string body, const std::string& token);
request without_body(std::string method, std::string target, const std::string& token);

/// The bytes of a request.
std::string render(const request& r);

/// The body as the bytes say it, decoded.
std::string said(const request& r);

struct mutator {
  std::string_view name;
  void (*apply)(request& r, random& chance);
};

/// The mutators by what they change.
std::span<const mutator> json_mutators();
/// These cost much; to be used rarely.
std::span<const mutator> heavy_mutators();
std::span<const mutator> byte_mutators();
std::span<const mutator> header_mutators();
std::span<const mutator> framing_mutators();
std::span<const mutator> chunk_mutators();
std::span<const mutator> route_mutators();

/// Applies one of them by chance.
void mutate(request& r, std::span<const mutator> some, random& chance);

} // namespace belfry::test::hostile

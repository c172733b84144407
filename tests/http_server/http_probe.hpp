#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace belfry::test {

/// An answer as it came over the wire.
struct http_reply {
  /// 0: the connection ended without one.
  int status = 0;
  /// Names in lower case.
  std::multimap<std::string, std::string> headers;
  std::string body;

  /// The value of a header; "" when absent.
  std::string header(const std::string& name) const;
};

/// A connection on loopback on which a test says exactly the bytes it wants.
class http_probe {
public:
  explicit http_probe(unsigned short port);
  ~http_probe();
  http_probe(const http_probe&) = delete;
  http_probe& operator=(const http_probe&) = delete;

  /// False: the other side has closed.
  bool send(std::string_view bytes);
  /// The next answer; `head`: it has no body whatever its Content-Length says. Interim answers are skipped.
  http_reply receive(bool head = false, std::chrono::milliseconds limit = std::chrono::seconds{10});
  /// Reads until `what` has come; false when it did not within the limit or the connection ended.
  bool hears(std::string_view what, std::chrono::milliseconds limit = std::chrono::seconds{10});
  /// Whether the other side ends the connection within the limit (what comes before is read away).
  bool ends(std::chrono::milliseconds limit = std::chrono::seconds{10});
  /// Everything read so far and not given back by `receive`.
  const std::string& heard() const { return in_; }

private:
  /// Reads something more; false at the end or the limit.
  bool more(std::chrono::steady_clock::time_point until);

  int fd_ = -1;
  std::string in_;
  bool ended_ = false;
};

using headers = std::vector<std::pair<std::string, std::string>>;

/// The text of a request with Host, Content-Length (of a body or of POST and PUT) and these headers.
std::string request_text(std::string_view method, std::string_view target, const headers& more = {},
                         std::string_view body = {});

/// Waits until `condition` holds; false after the limit.
bool eventually(const std::function<bool()>& condition, std::chrono::milliseconds limit = std::chrono::seconds{10});

} // namespace belfry::test

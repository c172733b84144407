#pragma once

#include <nlohmann/json.hpp>

#include <map>
#include <string>
#include <utility>
#include <vector>

namespace belfry::test {

using json = nlohmann::json;

/// An answer of the API. Header names in lower case.
struct http_answer {
  /// 0: no answer came.
  int status = 0;
  std::map<std::string, std::string> headers;
  std::string body;

  /// The body as JSON; a discarded value when it is none.
  json value() const { return json::parse(body, nullptr, false); }
  /// The value of a header, "" when absent.
  std::string header(const std::string& lower_case_name) const;
};

using header_list = std::vector<std::pair<std::string, std::string>>;

/// A blocking HTTP client of one server; not for several threads.
class http_client {
public:
  /// `base`: "http://127.0.0.1:8080". A token goes into Authorization.
  explicit http_client(std::string base, std::string token = {});
  ~http_client();
  http_client(const http_client&) = delete;
  http_client& operator=(const http_client&) = delete;

  /// Sends `body` as it is, if there is one as application/json unless `headers` say otherwise.
  http_answer send(const std::string& method, const std::string& path, const std::string& body = {},
                   const header_list& headers = {});
  http_answer get(const std::string& path) { return send("GET", path); }
  http_answer post(const std::string& path, const json& body) { return send("POST", path, body.dump()); }
  http_answer put(const std::string& path, const json& body) { return send("PUT", path, body.dump()); }
  http_answer remove(const std::string& path) { return send("DELETE", path); }

private:
  std::string base_;
  std::string token_;
  void* handle_;
};

} // namespace belfry::test

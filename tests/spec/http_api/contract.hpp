#pragma once

#include "belfry/tests/http_server/http_probe.hpp"

#include <nlohmann/json.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace belfry::test {

/// docs/openapi.json as something that answers can be held against.
class contract {
public:
  contract();

  /// What is wrong with this answer to `method` on `path` (a template of the document, e.g. "/v1/persons/{id}"):
  /// a status that is not documented, another content type, a body that does not fit, a header that is missing.
  /// Empty: all is well.
  std::string objection(std::string_view method, const std::string& path, const http_reply& answer) const;

  /// What is wrong with a request body of the operation; empty: it fits.
  std::string body_objection(std::string_view method, const std::string& path, const nlohmann::json& body) const;

  /// "GET /v1/webhooks", ... for all operations.
  std::vector<std::string> operations() const;

  /// Every `$ref` that leads nowhere.
  std::vector<std::string> broken_references() const;

private:
  const nlohmann::json& resolve(const nlohmann::json& x) const;
  const nlohmann::json* operation(std::string_view method, const std::string& path) const;
  /// JSON Schema, as much of it as the document uses; an unknown keyword is an objection.
  std::string check(const nlohmann::json& schema, const nlohmann::json& value, const std::string& at) const;
  std::string check_object(const nlohmann::json& schema, const nlohmann::json& value, const std::string& at) const;
  std::string check_one_of(const nlohmann::json& schema, const nlohmann::json& value, const std::string& at) const;

  nlohmann::json document_;
};

} // namespace belfry::test

#include "belfry/io/http_server/handlers.hpp"

namespace belfry::io::http {

void get_health(const context&, const std::shared_ptr<exchange>& x) {
  x->answer(json_response(200, R"({"status":"ok"})"));
}

void get_readiness(const context& c, const std::shared_ptr<exchange>& x) {
  if (c.service.ready())
    return x->answer(json_response(200, R"({"status":"ready"})"));
  x->answer(error_response({ec::store_unavailable, "the engine is not ready", {}}));
}

void get_metrics(const context& c, const std::shared_ptr<exchange>& x) {
  auto text = c.service.metrics();
  if (!text.empty() && text.back() != '\n')
    text.push_back('\n');
  text += c.own_metrics.text();
  x->answer({200, "text/plain; version=0.0.4; charset=utf-8", std::move(text), {}});
}

void get_openapi(const context&, const std::shared_ptr<exchange>& x) {
  x->answer(json_response(200, std::string{openapi_document()}));
}

} // namespace belfry::io::http

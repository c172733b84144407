#include "belfry/io/http_server/handlers.hpp"

#include "belfry/io/crypto/encoding.hpp"

namespace belfry::io::http {

namespace {

/// The query of an endpoint is a secret for the role `read` (SPEC 16).
endpoint_shown shown_to(const caller& who) {
  return who.role == token_role::read ? endpoint_shown::without_query : endpoint_shown::whole;
}

/// What turns a registration into an answer of this status for this caller.
auto webhook_answer(const context& c, const exchange& x, int status) {
  return [account = c.opts.account.id, shown = shown_to(x.who), status](const webhook& w) {
    auto out = json_response(status, to_json(w, account, shown));
    if (status == 201)
      out.headers.emplace_back("Location", "/v1/webhooks/" + crypto::percent_encode(w.id));
    return out;
  };
}

} // namespace

void get_webhooks(const context& c, const std::shared_ptr<exchange>& x) {
  auto list = [account = c.opts.account.id, shown = shown_to(x->who)](const std::vector<webhook>& all) {
    return json_response(200, to_json(all, account, shown));
  };
  c.service.get_webhooks(x->then<std::vector<webhook>>(list));
}

void post_webhook(const context& c, const std::shared_ptr<exchange>& x) {
  auto input = parse_webhook_input(x->body, webhook_method::post);
  if (!input)
    return x->answer(error_response(input.error()));
  c.service.create_webhook(std::move(*input), x->then<webhook>(webhook_answer(c, *x, 201)));
}

void get_webhook(const context& c, const std::shared_ptr<exchange>& x) {
  c.service.get_webhook(x->params[0], x->then<webhook>(webhook_answer(c, *x, 200)));
}

void put_webhook(const context& c, const std::shared_ptr<exchange>& x) {
  auto input = parse_webhook_input(x->body, webhook_method::put);
  if (!input)
    return x->answer(error_response(input.error()));
  c.service.put_webhook(x->params[0], std::move(*input), x->then<webhook>(webhook_answer(c, *x, 200)));
}

void delete_webhook(const context& c, const std::shared_ptr<exchange>& x) {
  c.service.delete_webhook(x->params[0], x->then<success>([](const success&) { return response{204, {}, {}, {}}; }));
}

void ping_webhook(const context& c, const std::shared_ptr<exchange>& x) {
  // 202 says that the attempt is under way; there is nothing to show of it yet.
  c.service.ping_webhook(x->params[0], x->then<success>([](const success&) { return response{202, {}, {}, {}}; }));
}

} // namespace belfry::io::http

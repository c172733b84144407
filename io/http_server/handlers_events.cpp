#include "belfry/io/http_server/handlers.hpp"

#include <chrono>

namespace belfry::io::http {

namespace {

/// SPEC 2: 202 if anything was accepted or a duplicate (or the request was empty), else 409 with the refusals.
response answer_of(const admission& a, bool batch) {
  if (a.accepted + a.duplicates > 0 || a.refused.empty())
    return json_response(202, to_json(a, batch));
  problem_document x;
  x.code = to_string(ec::conflict);
  x.status = 409;
  x.detail = "none of the events was accepted";
  x.refused = a.refused;
  x.batch = batch;
  return problem_response(x);
}

} // namespace

millis now_millis() {
  using namespace std::chrono;
  return duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
}

void post_events(const context& c, const std::shared_ptr<exchange>& x) {
  auto read = parse_events(x->body, x->ndjson ? body_form::ndjson : body_form::json);
  // The text is not needed while the engine works.
  std::string{}.swap(x->body);
  if (!read)
    return x->answer(error_response(read.error()));
  if (read->events.empty())
    return x->answer(answer_of({}, true));
  auto batch = read->batch;
  c.service.publish(std::move(read->events),
                    x->then<admission>([batch](const admission& a) { return answer_of(a, batch); }));
}

} // namespace belfry::io::http

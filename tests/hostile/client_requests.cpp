#include "belfry/tests/hostile/storm.hpp"

/// What a client says.
namespace belfry::test::hostile {

request client::good_event() {
  auto e = host_.event();
  auto form = chance_.below(10);
  if (form > 1)
    return with_body("POST", "/v1/events", e.dump(), token_);
  auto second = host_.event();
  if (form == 0)
    return with_body("POST", "/v1/events", json::array({e, second}).dump(), token_);
  auto r = with_body("POST", "/v1/events", e.dump() + "\n\n" + second.dump() + "\n", token_);
  r.set("Content-Type", "application/x-ndjson");
  return r;
}

request client::good_other() {
  auto person = "/v1/persons/prof-" + host_.tag() + std::to_string(chance_.below(5));
  auto put = [&](const std::string& target, const json& body) { return with_body("PUT", target, body.dump(), token_); };
  auto get = [&](const std::string& target) { return without_body("GET", target, token_); };
  auto remove = [&](const std::string& target) { return without_body("DELETE", target, token_); };
  switch (chance_.below(17)) {
  case 0:
    return put(person, person_body(chance_));
  case 1:
    return put(person + "/devices/d1", device_body(chance_));
  case 2:
    return put(person + "/pause", pause_body(chance_));
  case 3:
    return put(person + "/pause/reasons/lunch", reason_body(chance_));
  case 4:
    return chance_.percent(10) ? with_body("POST", "/v1/webhooks", webhook_body(chance_).dump(), token_)
                               : get("/v1/webhooks");
  case 5:
    return remove(person + "/devices/d1");
  case 6:
    return remove(person + "/pause/reasons/lunch");
  case 7:
    return chance_.percent(20) ? remove(person) : get(person + "/pause");
  case 8:
    return get(person);
  case 9:
    return get(person + "/devices");
  case 10:
    return get("/v1/notifications?person=" + host_.cast()[1] + "&limit=3");
  case 11:
    return get("/v1/notifications?conversation=none&kind=new_message&state=DONE&message=m");
  case 12:
    return get("/v1/conversations/quiet-" + host_.tag());
  case 13:
    return get("/v1/stream");
  case 14:
    return get("/v1/web-push/key");
  case 15:
    return with_body("PUT", "/v1/webhooks/none", webhook_body(chance_).dump(), token_);
  default:
    return get("/v1/persons/" + host_.cast()[1] + "/notification-count");
  }
}

request client::odd_event() {
  auto r = good_event();
  auto n = chance_.below(100);
  if (n < 35) {
    mutate(r, json_mutators(), chance_);
    if (chance_.percent(15))
      mutate(r, chunk_mutators(), chance_);
    else if (chance_.percent(15))
      mutate(r, header_mutators(), chance_);
  } else if (n < 55) {
    // A part of a list of lines may be a list of lines: what counts could not be told.
    while (r.ndjson())
      r = good_event();
    mutate(r, byte_mutators(), chance_);
  } else if (n < 70) {
    mutate(r, header_mutators(), chance_);
  } else if (n < 82) {
    mutate(r, framing_mutators(), chance_);
  } else if (n < 94) {
    mutate(r, chunk_mutators(), chance_);
  } else {
    mutate(r, route_mutators(), chance_);
  }
  if (chance_.below(1000) < 2)
    mutate(r = good_event(), heavy_mutators(), chance_);
  loosen(r);
  return r;
}

request client::odd_other() {
  auto r = good_other();
  auto n = chance_.below(100);
  if (n < 40 && !r.body.empty()) {
    mutate(r, json_mutators(), chance_);
  } else if (n < 60) {
    mutate(r, byte_mutators(), chance_);
  } else if (n < 75) {
    mutate(r, header_mutators(), chance_);
  } else {
    mutate(r, route_mutators(), chance_);
    r.want = r.last ? r.want : wanted::anything;
  }
  loosen(r);
  return r;
}

/// Where no token is asked for, a wrong one may pass.
void client::loosen(request& r) const {
  if (token_.empty() && r.done.ends_with("authorization") && r.want == wanted::refusal)
    r.want = wanted::anything;
}

} // namespace belfry::test::hostile

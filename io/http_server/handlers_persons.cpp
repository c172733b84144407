#include "belfry/io/http_server/handlers.hpp"

#include <algorithm>

namespace belfry::io::http {

namespace {

/// PUT's answer: 201 when new, else 200, with the object.
template <class T>
response put_answer(const stored<T>& x) {
  return json_response(x.created ? 201 : 200, to_json(x.value));
}

/// Any object as 200.
constexpr auto shown = [](const auto& x) { return json_response(200, to_json(x)); };

constexpr auto gone = [](const success&) { return response{204, {}, {}, {}}; };

} // namespace

void get_person(const context& c, const std::shared_ptr<exchange>& x) {
  c.service.get_person(x->params[0], x->then<person>(shown));
}

void put_person(const context& c, const std::shared_ptr<exchange>& x) {
  auto profile = parse_profile(x->body, x->params[0]);
  if (!profile)
    return x->answer(error_response(profile.error()));
  c.service.put_person(x->params[0], std::move(*profile), x->then<stored<person>>(put_answer<person>));
}

void delete_person(const context& c, const std::shared_ptr<exchange>& x) {
  c.service.delete_person(x->params[0], x->then<success>(gone));
}

void get_notification_count(const context& c, const std::shared_ptr<exchange>& x) {
  c.service.notification_count(x->params[0], x->then<count_view>(shown));
}

void get_devices(const context& c, const std::shared_ptr<exchange>& x) {
  c.service.get_devices(x->params[0], x->then<std::vector<device>>(shown));
}

void get_device(const context& c, const std::shared_ptr<exchange>& x) {
  auto pick = [id = x->params[1]](const std::vector<device>& all) {
    auto i = std::find_if(all.begin(), all.end(), [&](const device& d) { return d.id == id; });
    if (i == all.end())
      return error_response({ec::not_found, "the person has no device with this id", {}});
    return json_response(200, to_json(*i));
  };
  c.service.get_devices(x->params[0], x->then<std::vector<device>>(pick));
}

void put_device(const context& c, const std::shared_ptr<exchange>& x) {
  auto d = parse_device(x->body, x->params[1]);
  if (!d)
    return x->answer(error_response(d.error()));
  c.service.put_device(x->params[0], std::move(*d), x->then<stored<device>>(put_answer<device>));
}

void delete_device(const context& c, const std::shared_ptr<exchange>& x) {
  c.service.delete_device(x->params[0], x->params[1], x->then<success>(gone));
}

void get_pause(const context& c, const std::shared_ptr<exchange>& x) {
  c.service.get_pause(x->params[0], x->then<pause_view>(shown));
}

void put_pause(const context& c, const std::shared_ptr<exchange>& x) {
  auto input = parse_pause(x->body, now_millis());
  if (!input)
    return x->answer(error_response(input.error()));
  c.service.put_pause(x->params[0], input->mode, input->until, x->then<pause_view>(shown));
}

void put_pause_reason(const context& c, const std::shared_ptr<exchange>& x) {
  auto input = parse_pause_reason(x->body, x->params[1]);
  if (!input)
    return x->answer(error_response(input.error()));
  c.service.put_pause_reason(x->params[0], x->params[1], std::move(input->display_name), input->timeout_seconds,
                             x->then<stored<pause_reason>>(put_answer<pause_reason>));
}

void delete_pause_reason(const context& c, const std::shared_ptr<exchange>& x) {
  c.service.delete_pause_reason(x->params[0], x->params[1], x->then<success>(gone));
}

} // namespace belfry::io::http

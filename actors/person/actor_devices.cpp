#include "belfry/actors/person/actor_parts.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <algorithm>

namespace belfry::person_parts {

void on_order(pointer self, put_device& p) {
  auto& st = self->state;
  auto& devices = st.core->data().devices;
  auto i = std::find_if(devices.begin(), devices.end(), [&](const device& d) { return d.id == p.what.id; });
  auto created = i == devices.end();
  if (created && devices.size() >= st.shared->opts.limits.devices_per_person)
    return p.done(error{ec::conflict, "this person has as many devices as limits.devicesPerPerson allows", {}});
  st.erased = false;
  p.what.registered_at = st.shared->wall.now();
  // A token belongs to one device.
  for (auto& d : devices) {
    if (d.id == p.what.id)
      continue;
    if (p.what.push_token && d.push_token == p.what.push_token)
      d.push_token.reset();
    if (p.what.push_kit_token && d.push_kit_token == p.what.push_kit_token)
      d.push_kit_token.reset();
  }
  auto what = p.what;
  if (created)
    devices.push_back(p.what);
  else
    *i = p.what;
  std::erase_if(devices, [](const device& d) { return !d.push_token && !d.push_kit_token; });
  save_row(self, answer_with(std::move(p.done), io::stored<device>{what, created}));
}

void on_order(pointer self, get_devices& q) {
  q.done(self->state.core->data().devices);
}

void on_order(pointer self, delete_device& o) {
  auto& devices = self->state.core->data().devices;
  if (std::erase_if(devices, [&](const device& d) { return d.id == o.id; }) == 0)
    return o.done(success{});
  save_row(self, answer_with(std::move(o.done), success{}));
}

} // namespace belfry::person_parts

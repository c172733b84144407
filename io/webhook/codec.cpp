#include "belfry/io/webhook/codec.hpp"

#include "belfry/io/webhook/registration.hpp"

#include <algorithm>

namespace belfry::io::webhooks {

codec::codec(const options& o, registration_list list)
    : options_(o), rendering_(render_options_of(o)), list_(std::move(list)), rng_(std::random_device{}()) {
  // nop
}

std::optional<codec::signed_request> codec::make(const notification& n, const delivery& d, const person& recipient,
                                                 const std::vector<std::string>& device_tokens, millis now) {
  auto list = list_();
  auto w = std::find_if(list->begin(), list->end(), [&](const webhook& x) { return x.id == d.target; });
  if (w == list->end())
    return std::nullopt;
  auto name = event_name_for(*w, n.kind);
  if (!name)
    return std::nullopt;
  attempt_info info{to_string(n.id), *name, make_uuid([this] { return rng_(); }), d.tries, now};
  return signed_request{make_request(*w, info, render(n, recipient, device_tokens, *name, rendering_),
                                     options_.webhooks, signers_of(w->id, list->size())),
                        w->version};
}

signers& codec::signers_of(const webhook_id& id, std::size_t registered) {
  if (signers_.size() > registered)
    // Of registrations that are gone.
    signers_.clear();
  return signers_[id];
}

} // namespace belfry::io::webhooks

#include "belfry/io/webhook/codec.hpp"

#include "belfry/io/webhook/answer.hpp"
#include "belfry/io/webhook/payload.hpp"
#include "belfry/io/webhook/registration.hpp"
#include "belfry/io/webhook/request.hpp"

#include <algorithm>
#include <random>
#include <unordered_map>

namespace belfry::io::webhooks {

namespace {

class codec final : public channel_codec {
public:
  codec(const options& o, registration_list list)
      : options_(o), rendering_(render_options_of(o)), list_(std::move(list)), dice_(std::random_device{}()) {}

  std::optional<http_request> make(const notification& n, const delivery& d, const person& recipient,
                                   const std::vector<std::string>& device_tokens, millis now) override {
    auto list = list_();
    auto w = std::find_if(list->begin(), list->end(), [&](const webhook& x) { return x.id == d.target; });
    if (w == list->end())
      return std::nullopt;
    auto name = event_name_for(*w, n.kind);
    if (!name)
      return std::nullopt;
    attempt_info info{to_string(n.id), *name, make_uuid([this] { return dice_(); }), d.tries, now};
    return make_request(*w, info, render(n, recipient, device_tokens, *name, rendering_), options_.webhooks,
                        signers_of(w->id, list->size()));
  }

  outcome read(const http_answer& a, millis now) override { return read_answer(a, now); }

private:
  signers& signers_of(const webhook_id& id, std::size_t registered) {
    if (signers_.size() > registered)
      // Of registrations that are gone.
      signers_.clear();
    return signers_[id];
  }

  const options& options_;
  render_options rendering_;
  registration_list list_;
  std::mt19937_64 dice_;
  std::unordered_map<webhook_id, signers> signers_;
};

} // namespace

std::shared_ptr<channel_codec> make_codec(const options& o, registration_list list) {
  return std::make_shared<codec>(o, std::move(list));
}

} // namespace belfry::io::webhooks

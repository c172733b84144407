#include "belfry/actors/person/devices.hpp"

#include "belfry/messages/ascii.hpp"

#include <algorithm>
#include <optional>

namespace belfry {

namespace {

struct token_kind {
  std::string_view name;
  std::optional<std::string> device::*token;
};

constexpr token_kind kinds[] = {{"push", &device::push_token}, {"pushKit", &device::push_kit_token}};

void erase_without_tokens(std::vector<device>& devices) {
  std::erase_if(devices, [](const device& d) { return !d.push_token && !d.push_kit_token; });
}

} // namespace

bool store_device(std::vector<device>& devices, const device& what) {
  for (auto& d : devices) {
    for (const auto& k : kinds) {
      if (d.id != what.id && d.*k.token && d.*k.token == what.*k.token)
        (d.*k.token).reset();
    }
  }
  auto i = std::find_if(devices.begin(), devices.end(), [&](const device& d) { return d.id == what.id; });
  auto created = i == devices.end();
  if (created)
    devices.push_back(what);
  else
    *i = what;
  erase_without_tokens(devices);
  return created;
}

bool take_token(std::vector<device>& devices, std::string_view token, std::uint64_t claim) {
  auto taken = false;
  for (auto& d : devices) {
    for (const auto& k : kinds) {
      if (d.claim >= claim || !(d.*k.token) || derive_token_key(k.name, *(d.*k.token)) != token)
        continue;
      (d.*k.token).reset();
      taken = true;
    }
  }
  erase_without_tokens(devices);
  return taken;
}

bool drop_dead_token(std::vector<device>& devices, const device_id& id, std::string_view token, millis since) {
  auto dropped = false;
  for (auto& d : devices) {
    for (const auto& k : kinds) {
      if (d.id != id || d.registered_at >= since || !(d.*k.token) || derive_token_key(k.name, *(d.*k.token)) != token)
        continue;
      (d.*k.token).reset();
      dropped = true;
    }
  }
  erase_without_tokens(devices);
  return dropped;
}

std::vector<std::string> token_keys(const device& d) {
  std::vector<std::string> out;
  for (const auto& k : kinds) {
    if (d.*k.token)
      out.push_back(derive_token_key(k.name, *(d.*k.token)));
  }
  return out;
}

std::vector<io::token_claim> claims_of(const std::vector<device>& devices) {
  std::vector<io::token_claim> out;
  for (const auto& d : devices) {
    for (auto& key : token_keys(d))
      out.push_back({std::move(key), d.claim});
  }
  return out;
}

void normalize_tokens(device& d) {
  if (d.platform != device_platform::ios)
    return;
  for (auto* token : {&d.push_token, &d.push_kit_token}) {
    if (*token && (*token)->find_first_not_of("0123456789abcdefABCDEF") == std::string::npos)
      *token = lower(**token);
  }
}

} // namespace belfry

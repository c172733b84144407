#pragma once

#include "belfry/io/ports.hpp"
#include "belfry/messages/people.hpp"

#include <string>
#include <string_view>
#include <vector>

/// The devices of one person and the tokens they have (SPEC 10): pure.
namespace belfry {

/// Apple's tokens are hexadecimal: in lower case, so that the same one is known as such however it was written.
void normalize_tokens(device& d);

/// Stores `what`, in place of the device of that id if there is one (false: there was). Its tokens are taken from the
/// others; a device without tokens is none.
bool store_device(std::vector<device>& devices, const device& what);

/// Takes a token (`derive_token_key`) from whichever device has it by a claim older than `claim`. False: none has.
bool take_token(std::vector<device>& devices, std::string_view token, std::uint64_t claim);

/// Takes a token from the device of that id, because a provider calls it dead since then; a token stored later is
/// another one. False: the device does not have it.
bool drop_dead_token(std::vector<device>& devices, const device_id& id, std::string_view token, millis since);

/// The keys of the device's tokens.
std::vector<std::string> token_keys(const device& d);

/// What a person with these devices claims.
std::vector<io::token_claim> claims_of(const std::vector<device>& devices);

} // namespace belfry

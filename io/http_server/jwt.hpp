#pragma once

#include "belfry/config/options.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace belfry::io::http {

/// Bytes of a token that are looked at; longer ones are refused.
constexpr std::size_t jwt_max = 8 * 1024;
/// How far ahead `exp` may lie (SPEC 13).
constexpr millis jwt_life_max = 3'600'000;

/// Whom a JWT speaks for, and until when.
struct person_token {
  person_id person;
  /// Wall time.
  millis expires_at = 0;
};

/// What a JWT of the host says (SPEC 13): HS256 and nothing else, one of `keys`, `aud` "belfry",
/// `exp` in the future and at most 1 h ahead, `nbf` (if any) not in the future, `sub` an id. Nothing: a bad token.
std::optional<person_token> verify_person_token(std::string_view token, const std::vector<secret>& keys, millis now);

} // namespace belfry::io::http

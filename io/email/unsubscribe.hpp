#pragma once

#include "belfry/messages/notification.hpp"

#include <optional>
#include <string>
#include <string_view>

/// The unguessable part of an unsubscribe address (RFC 8058, PROTOCOLS S-7). Pure.
namespace belfry::io::email {

/// Who does not want mails of which kind any more.
struct unsubscription {
  person_id person;
  belfry::kind kind = belfry::kind::new_message;

  bool operator==(const unsubscription&) const = default;
};

/// A token that only a holder of `key` can make; nothing about it is stored. Letters, digits, - and _.
std::string make_unsubscribe_token(std::string_view key, const unsubscription& what);

/// What `token` was made for; nullopt if it was not made with `key`.
std::optional<unsubscription> read_unsubscribe_token(std::string_view key, std::string_view token);

} // namespace belfry::io::email

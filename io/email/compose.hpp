#pragma once

#include "belfry/io/email/mail.hpp"
#include "belfry/io/email/template.hpp"
#include "belfry/messages/delivery.hpp"

#include <optional>
#include <string>

/// From a notification to the mail that tells it (SPEC 9). Pure.
namespace belfry::io::email {

/// Makes mails with the templates, addresses and privacy of the options.
class composer {
public:
  /// `unsubscribe_key`: from `make_unsubscribe_token`'s point of view, 32 random bytes of this store.
  composer(const options& o, std::string unsubscribe_key);

  /// The mail of `d`, in the recipient's locale. `brief` leaves out HTML and message text, for servers that found the
  /// whole too big. Returns nullopt if email does not tell this kind or the recipient has no address.
  std::optional<mail> compose(const notification& n, const delivery& d, const person& recipient,
                              bool brief = false) const;

private:
  placeholders values_of(const notification& n, const delivery& d, const person& recipient, bool brief) const;
  std::string name_of(const notification& n, const person_id& id, const vocabulary& words) const;
  std::optional<std::string> unsubscribe_url(const notification& n) const;

  template_book templates_;
  std::string from_, host_, conversation_url_, public_url_, unsubscribe_key_;
  bool message_text_ = true;
};

} // namespace belfry::io::email

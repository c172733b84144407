#include "belfry/io/email/mail.hpp"

#include "belfry/config/formats.hpp"
#include "belfry/io/email/template.hpp"

#include <gmime/gmime.h>

#include <algorithm>
#include <memory>

namespace belfry::io::email {

namespace {

/// Code points of a name; longer ones would be cut by every mail program.
constexpr std::size_t name_max = 64;

struct unref {
  void operator()(gpointer x) const { g_object_unref(x); }
};
template <class T>
using owned = std::unique_ptr<T, unref>;

struct free_text {
  void operator()(char* x) const { g_free(x); }
};

void start_library() {
  static const bool started = (g_mime_init(), true);
  static_cast<void>(started);
}

bool is_clean(const std::string& x) {
  return std::none_of(x.begin(), x.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; });
}

/// The one mailbox that `text` is.
owned<InternetAddressList> parse_mailbox(const std::string& text) {
  start_library();
  owned<InternetAddressList> list(is_clean(text) ? internet_address_list_parse(nullptr, text.c_str()) : nullptr);
  if (!list || internet_address_list_length(list.get()) != 1)
    return nullptr;
  return INTERNET_ADDRESS_IS_MAILBOX(internet_address_list_get_address(list.get(), 0)) ? std::move(list) : nullptr;
}

InternetAddressMailbox* mailbox_of(InternetAddressList* list) {
  return INTERNET_ADDRESS_MAILBOX(internet_address_list_get_address(list, 0));
}

/// A blank for each control character, so that nothing of a user's ends a header, and between "=" and "?", so that
/// nothing of a user's is taken for an encoded word.
std::string header_text(std::string x) {
  std::replace_if(
      x.begin(), x.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; }, ' ');
  for (auto at = x.find("=?"); at != x.npos; at = x.find("=?", at + 2))
    x.insert(at + 1, 1, ' ');
  return x;
}

/// The name before an address. The library writes "=" into encoded words as it is, which breaks them.
std::string phrase(const std::string& name) {
  auto out = header_text(first_characters(name, name_max));
  std::replace(out.begin(), out.end(), '=', ' ');
  return out;
}

owned<GMimeObject> text_part(const char* subtype, const std::string& text) {
  owned<GMimeStream> stream(g_mime_stream_mem_new_with_buffer(text.data(), text.size()));
  owned<GMimeDataWrapper> content(g_mime_data_wrapper_new_with_stream(stream.get(), GMIME_CONTENT_ENCODING_DEFAULT));
  auto* part = g_mime_text_part_new_with_subtype(subtype);
  g_mime_part_set_content(GMIME_PART(part), content.get());
  g_mime_text_part_set_charset(part, "utf-8");
  // Keeps every line short, whatever the text.
  g_mime_part_set_content_encoding(GMIME_PART(part), GMIME_CONTENT_ENCODING_QUOTEDPRINTABLE);
  return owned<GMimeObject>(GMIME_OBJECT(part));
}

owned<GMimeObject> body_of(const mail& m) {
  auto text = text_part("plain", m.text);
  if (m.html.empty())
    return text;
  auto* both = g_mime_multipart_new_with_subtype("alternative");
  g_mime_multipart_add(both, text.get());
  g_mime_multipart_add(both, text_part("html", m.html).get());
  return owned<GMimeObject>(GMIME_OBJECT(both));
}

void add_mailbox(GMimeMessage* to, GMimeAddressType type, const char* name, const char* address) {
  owned<InternetAddress> box(internet_address_mailbox_new(name, address));
  internet_address_set_charset(box.get(), "utf-8");
  internet_address_list_add(g_mime_message_get_addresses(to, type), box.get());
}

void add_header(GMimeMessage* to, const char* name, const std::string& value) {
  g_mime_object_set_header(GMIME_OBJECT(to), name, value.c_str(), "utf-8");
}

/// A value without blanks, written as it is: folding would break it.
void add_raw_header(GMimeMessage* to, const char* name, const std::string& value) {
  add_header(to, name, value);
  auto* header = g_mime_header_list_get_header(g_mime_object_get_header_list(GMIME_OBJECT(to)), name);
  g_mime_header_set_raw_value(header, (" " + value + "\n").c_str());
}

/// One click takes https (RFC 8058); on this very host plain http does too.
bool takes_one_click(const std::string& url) {
  const auto parts = formats::parse_url(url);
  return parts && (parts->scheme == "https" || formats::is_loopback(parts->host));
}

void add_headers(GMimeMessage* to, const mail& m) {
  if (auto* date = g_date_time_new_from_unix_utc(m.date / 1000)) {
    g_mime_message_set_date(to, date);
    g_date_time_unref(date);
  }
  g_mime_message_set_subject(to, header_text(m.subject).c_str(), "utf-8");
  g_mime_message_set_message_id(to, m.message_id.c_str());
  add_raw_header(to, "In-Reply-To", "<" + m.thread_id + ">");
  add_raw_header(to, "References", "<" + m.thread_id + ">");
  add_raw_header(to, "List-Id", "<" + m.list_id + ">");
  add_raw_header(to, "Auto-Submitted", "auto-generated");
  if (m.unsubscribe_url) {
    add_raw_header(to, "List-Unsubscribe", "<" + *m.unsubscribe_url + ">");
    if (takes_one_click(*m.unsubscribe_url))
      add_raw_header(to, "List-Unsubscribe-Post", "List-Unsubscribe=One-Click");
  }
}

std::string write(GMimeMessage* message) {
  auto* format = g_mime_format_options_new();
  g_mime_format_options_set_newline_format(format, GMIME_NEWLINE_FORMAT_DOS);
  std::unique_ptr<char, free_text> text(g_mime_object_to_string(GMIME_OBJECT(message), format));
  g_mime_format_options_free(format);
  return text.get();
}

} // namespace

std::optional<std::string> envelope_address(const std::string& text) {
  auto list = parse_mailbox(text);
  if (!list)
    return std::nullopt;
  const std::string address{internet_address_mailbox_get_idn_addr(mailbox_of(list.get()))};
  const auto at = address.rfind('@');
  if (at == address.npos || at == 0 || at + 1 == address.size() || address.find_first_of("<>") != address.npos)
    return std::nullopt;
  // A blank inside quotes is a part of the name.
  const auto quoted = at >= 2 && address[0] == '"' && address[at - 1] == '"';
  return address.find(' ', quoted ? at : 0) == address.npos ? std::optional{address} : std::nullopt;
}

std::string host_of(const std::string& address) {
  return address.substr(address.rfind('@') + 1);
}

std::optional<std::string> to_mime(const mail& m) {
  auto from = parse_mailbox(m.from);
  auto to = envelope_address(m.to_address);
  if (!from || !to)
    return std::nullopt;
  owned<GMimeMessage> message(g_mime_message_new(FALSE));
  const auto* sender = internet_address_get_name(INTERNET_ADDRESS(mailbox_of(from.get())));
  add_mailbox(message.get(), GMIME_ADDRESS_TYPE_FROM, sender,
              internet_address_mailbox_get_idn_addr(mailbox_of(from.get())));
  const auto name = phrase(m.to_name);
  add_mailbox(message.get(), GMIME_ADDRESS_TYPE_TO, name.empty() ? nullptr : name.c_str(), to->c_str());
  add_headers(message.get(), m);
  g_mime_message_set_mime_part(message.get(), body_of(m).get());
  return write(message.get());
}

} // namespace belfry::io::email

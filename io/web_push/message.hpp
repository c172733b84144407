#pragma once

#include "belfry/config/options.hpp"
#include "belfry/io/mobile/phrases.hpp"
#include "belfry/messages/notification.hpp"
#include "belfry/messages/web_push.hpp"

#include <cstddef>
#include <string>
#include <string_view>

/// What the service worker gets (SPEC 11): the inner layer, which only the page's own worker opens. Pure but for the
/// random numbers of sealing.
namespace belfry::io::web_push {

/// One per conversation and group: what replaces, and takes back, each other on the screen.
std::string tag_of(const notification& n);

/// Where clicks lead: `email.conversationUrl`, or our own desk.
std::string url_template(const options& o);

/// Where a click leads: the address that the request brings along, else `template_url` with the conversation in place
/// of each "${conversationId}".
std::string url_of(const notification& n, std::string_view template_url);

/// The toast of an open page, with the text of before an edit.
toast toast_of(const notification& n, std::string_view template_url, const mobile::phrases& words);

/// The outer plaintext for `plain`, sealed with the subscription's secret: {"v":1,"sub","iv","data"}.
std::string seal(std::string_view plain, const web_push_subscription& to);

/// How a notification is put into words.
struct wording {
  /// `url_template`.
  std::string_view template_url;
  /// Wall time.
  millis at = 0;
  /// Of the outer plaintext; what has no texts and no address may need more.
  std::size_t bytes_max = 0;
  /// Unread in the conversation, for kinds whose content does not say it.
  std::uint32_t conversation_count = 0;
  /// Not empty: the declarative form (WP-11) too, in which the browser shows this title when no worker opens the inner
  /// layer.
  std::string_view declared_title = {};
  /// The recipient's language.
  const mobile::phrases& words = mobile::phrases_in("en");
};

/// The outer plaintext for a notification. Where it does not fit, the longest text (mostly the body) is shortened
/// first, then goes the address that the request brought along, then that of the template and with it the declarative
/// form. The least that a worker understands (kind, tag, ids and counts) is never cut, even if it does not fit.
std::string seal_notification(const notification& n, const web_push_subscription& to, const wording& w);

/// The outer plaintext of a health check.
std::string seal_check(std::string_view check, millis at, const web_push_subscription& to);

} // namespace belfry::io::web_push

#pragma once

#include <string_view>

/// What Belfry itself says in pushes, in the languages that it speaks. Pure.
namespace belfry::io::mobile {

/// UTF-8, short enough for one line of a phone.
struct phrases {
  std::string_view language;
  /// Shown when texts are sealed and the app does not open them, and in place of a name.
  std::string_view neutral_title;
  std::string_view incoming_call, incoming_video_call, missed_call, missed_video_call;
  std::string_view answered, answered_elsewhere, declined, ended;
  std::string_view new_request, asked_to_take_over, delegated;
};

/// In the language of the BCP 47 `locale`, else in that of `fallback`, else in English.
const phrases& phrases_in(std::string_view locale, std::string_view fallback = {});

} // namespace belfry::io::mobile

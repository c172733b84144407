#pragma once

#include "belfry/actors/decision/pause_machine.hpp"
#include "belfry/messages/address_note.hpp"
#include "belfry/messages/people.hpp"
#include "belfry/messages/web_push.hpp"

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace belfry {

/// What is stored of a person: profile (absent: unknown), devices, pause, browsers.
struct person_data {
  std::optional<person_profile> profile;
  std::vector<device> devices;
  pause_machine pause;
  /// What is known of the addresses beyond them.
  std::vector<address_note> notes;
  std::vector<web_push_subscription> subscriptions;
};

std::string encode(const person_data& d);
/// False when the row is damaged or of a newer version.
bool decode(std::string_view row, person_data& d);

/// Where the notifications of one subject (a call, an invitation; all messages) left, and where they were cancelled
/// before they did. Addresses are "<channel>/<target>".
struct shown_at {
  std::vector<std::string> left;
  std::vector<std::string> skipped;
};
using shown_subjects = std::map<std::string, shown_at>;

std::string encode(const shown_subjects& s);
bool decode(std::string_view row, shown_subjects& s);

} // namespace belfry

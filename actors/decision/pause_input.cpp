// What is wrong with what a host asks for.
#include "belfry/actors/decision/pause_machine.hpp"

#include "belfry/messages/validate.hpp"

#include <algorithm>

namespace belfry {

namespace {

void check_source(const std::string& id, std::vector<problem>& out) {
  const auto facts = scan(id);
  const auto n = facts.characters;
  if (n == 0 || n > pause_source_id_max)
    out.push_back({"/sourceId", "has " + std::to_string(n) + " characters; 1 to " + std::to_string(pause_source_id_max)
                                    + " are allowed"});
  if (facts.control)
    out.push_back({"/sourceId", "contains a control character"});
  if (id.starts_with("session:") || id.starts_with("call:"))
    out.push_back({"/sourceId", "begins with \"session:\" or \"call:\", which are kept for built-in reasons"});
}

result<success> answer(std::vector<problem> problems) {
  if (problems.empty())
    return success{};
  auto detail = problems.front().pointer + " " + problems.front().detail;
  return error{ec::bad_input, std::move(detail), std::move(problems)};
}

} // namespace

result<success> check_pausable(person_type type) {
  if (type == person_type::agent)
    return success{};
  return error{ec::bad_input,
               "only agents can be paused; this person is of type " + std::string{to_string(type)},
               {{"/id", "is not an agent"}}};
}

result<success> check_pause_mode(pause_mode mode, std::optional<millis> until, engine_time now) {
  std::vector<problem> problems;
  if (until && mode != pause_mode::on)
    problems.push_back({"/until", "is allowed only with mode ON"});
  else if (until && *until <= now)
    problems.push_back({"/until", "is not in the future"});
  return answer(std::move(problems));
}

result<success> check_pause_source(const std::string& source_id) {
  std::vector<problem> problems;
  check_source(source_id, problems);
  return answer(std::move(problems));
}

result<success> check_pause_reason(const std::string& source_id, const std::string& display_name,
                                   std::int64_t timeout_seconds) {
  std::vector<problem> problems;
  check_source(source_id, problems);
  if (scan(display_name).characters > pause_display_name_max)
    problems.push_back({"/displayName", "is longer than " + std::to_string(pause_display_name_max) + " characters"});
  if (timeout_seconds < 1)
    problems.push_back({"/timeoutSeconds", "is " + std::to_string(timeout_seconds) + "; it must be at least 1"});
  return answer(std::move(problems));
}

} // namespace belfry

#include "belfry/io/program/simulated_faults.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <utility>

namespace belfry::program {

namespace {

using nlohmann::json;
using what = test::http2_reply::what;

constexpr std::array<std::pair<std::string_view, push_end>, 3> ends{
    {{"apns", push_end::apns}, {"fcm", push_end::fcm}, {"web-push", push_end::web_push}}};

constexpr std::array<std::pair<std::string_view, what>, 7> kinds{{{"hang", what::hang},
                                                                  {"reset", what::reset},
                                                                  {"refuse", what::refuse},
                                                                  {"goaway", what::go_away_before},
                                                                  {"goaway-after", what::go_away_after},
                                                                  {"cut", what::cut},
                                                                  {"freeze", what::freeze}}};

template <class T>
std::optional<T> number_in(std::string_view text, T least, T most) {
  T out{};
  const auto [end, bad] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (bad != std::errc{} || end != text.data() + text.size() || out < least || out > most)
    return std::nullopt;
  return out;
}

/// As the provider says it.
std::string body_of(push_end end, int status, const std::string& why) {
  if (why.empty())
    return {};
  switch (end) {
  case push_end::apns:
  case push_end::web_push:
    return json{{"reason", why}}.dump();
  case push_end::fcm:
    return json{{"error",
                 {{"code", status},
                  {"message", "simulated"},
                  {"details", json::array({{{"@type", "type.googleapis.com/google.firebase.fcm.v1.FcmError"},
                                            {"errorCode", why}}})}}}}
        .dump();
  }
  return {};
}

error wrong(const std::string& text, const std::string& detail) {
  return error{ec::bad_input, "\"" + text + "\": " + detail, {}};
}

} // namespace

result<simulated_fault> simulated_fault::parse(const std::string& text) {
  simulated_fault out;
  const auto colon = text.find(':');
  const auto end =
      std::find_if(ends.begin(), ends.end(), [&](const auto& x) { return x.first == text.substr(0, colon); });
  if (colon == text.npos || end == ends.end())
    return wrong(text, "it begins with \"apns:\", \"fcm:\" or \"web-push:\"");
  out.end_ = end->second;
  const auto slash = text.find('/', colon);
  const auto fault = text.substr(colon + 1, slash == text.npos ? slash : slash - colon - 1);
  if (slash != text.npos) {
    const auto every = number_in<std::uint64_t>(std::string_view(text).substr(slash + 1), 1, 1'000'000);
    if (!every)
      return wrong(text, "behind \"/\" stands a number from 1 to 1000000");
    out.every_ = *every;
  }
  out.name_ = fault;
  const auto kind = std::find_if(kinds.begin(), kinds.end(), [&](const auto& x) { return x.first == fault; });
  if (kind != kinds.end()) {
    out.reply_.kind = kind->second;
    return out;
  }
  const auto second = fault.find(':');
  const auto status = number_in<int>(std::string_view(fault).substr(0, second), 300, 599);
  if (!status)
    return wrong(
        text, "the fault is \"hang\", \"reset\", \"refuse\", \"goaway\", \"goaway-after\", \"cut\", \"freeze\", or a "
              "status from 300 to 599, with \":REASON\" if need be");
  out.reply_.status = *status;
  out.reply_.body = body_of(out.end_, *status, second == fault.npos ? "" : fault.substr(second + 1));
  return out;
}

const simulated_fault* next_fault(std::vector<simulated_fault>& faults, push_end end) {
  const simulated_fault* out = nullptr;
  for (auto& f : faults) {
    // Each counts every push.
    if (f.end() == end && f.takes_next() && out == nullptr)
      out = &f;
  }
  return out;
}

} // namespace belfry::program

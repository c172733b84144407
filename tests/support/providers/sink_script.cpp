#include "belfry/tests/support/providers/sink_script.hpp"

#include <charconv>
#include <vector>

namespace belfry::test {

namespace {

std::vector<std::string_view> split(std::string_view path) {
  std::vector<std::string_view> out;
  path = path.substr(0, path.find('?'));
  while (!path.empty()) {
    path.remove_prefix(path.front() == '/' ? 1 : 0);
    auto end = std::min(path.find('/'), path.size());
    out.push_back(path.substr(0, end));
    path.remove_prefix(end);
  }
  return out;
}

std::uint64_t number(const std::vector<std::string_view>& parts, std::size_t i, std::uint64_t otherwise) {
  if (i < parts.size())
    std::from_chars(parts[i].data(), parts[i].data() + parts[i].size(), otherwise);
  return otherwise;
}

} // namespace

sink_action read_script(std::string_view path, std::uint64_t before) {
  using what = sink_action::what;
  sink_action out;
  const auto parts = split(path);
  const auto name = parts.empty() ? std::string_view() : parts[0];
  if (name == "status")
    out.status = static_cast<int>(number(parts, 1, 200));
  else if (name == "gone")
    out.status = 410;
  else if (name == "slow")
    out.delay = std::chrono::milliseconds(number(parts, 1, 1000));
  else if (name == "big")
    out.body_size = number(parts, 1, 100'000);
  else if (name == "hang")
    out.kind = what::hang;
  else if (name == "close")
    out.kind = what::close;
  else if (name == "ok-close")
    out.kind = what::answer_and_close;
  else if (name == "cut")
    out.kind = what::cut_header;
  else if (name == "cut-body")
    out.kind = what::cut_body;
  else if (name == "stall-body")
    out.kind = what::stall_body;
  else if (name == "fail-first")
    out.status = before < number(parts, 1, 1) ? static_cast<int>(number(parts, 2, 503)) : 200;
  if (name == "retry-after" && parts.size() > 1) {
    out.retry_after = parts[1];
    out.status = static_cast<int>(number(parts, 2, 429));
  }
  if (name == "redirect") {
    out.status = 302;
    out.location = path.size() > 9 ? path.substr(9) : "/ok";
  }
  return out;
}

std::string answer_text(const sink_action& action, std::string_view body) {
  using what = sink_action::what;
  auto status = std::to_string(action.status);
  if (action.kind == what::cut_header)
    return "HTTP/1.1 " + status + " \r\nContent-Le";
  const auto size = action.body_size != 0 ? action.body_size : body.size();
  const bool partial = action.kind == what::cut_body || action.kind == what::stall_body;
  std::string out = "HTTP/1.1 " + status + " \r\n";
  if (!action.retry_after.empty())
    out += "Retry-After: " + action.retry_after + "\r\n";
  if (!action.location.empty())
    out += "Location: " + action.location + "\r\n";
  if (action.status != 204 && action.status != 304)
    out += "Content-Length: " + std::to_string(partial ? size + 1000 : size) + "\r\n";
  out += "\r\n";
  if (action.body_size != 0)
    out.append(action.body_size, 'x');
  else if (action.status != 204 && action.status != 304)
    out += body;
  return out;
}

} // namespace belfry::test

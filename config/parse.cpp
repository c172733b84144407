// The configuration file's text: JSON with comments in which no key may stand twice.
#include "belfry/config/values.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace belfry::values {

namespace {

/// Levels of nesting; the deepest key needs five.
constexpr int nesting_max = 64;

/// Watches a document being read for repeated keys and for depth.
class watcher {
public:
  bool operator()(int depth, json::parse_event_t event, const json& parsed) {
    using event_t = json::parse_event_t;
    if (event == event_t::object_start || event == event_t::array_start) {
      too_deep_ = too_deep_ || depth >= nesting_max;
      open_.emplace_back();
    } else if (event == event_t::object_end || event == event_t::array_end) {
      open_.pop_back();
    } else if (event == event_t::key) {
      note(parsed.get_ref<const std::string&>());
    }
    return !too_deep_;
  }

  const std::vector<std::string>& repeated() const { return repeated_; }
  bool too_deep() const { return too_deep_; }

private:
  struct level {
    std::set<std::string> keys;
    std::string current;
  };

  void note(const std::string& name) {
    auto& top = open_.back();
    top.current = name;
    if (top.keys.insert(name).second)
      return;
    std::string path;
    for (const auto& l : open_) {
      if (!l.current.empty())
        path += (path.empty() ? "" : ".") + l.current;
    }
    repeated_.push_back(path);
  }

  std::vector<level> open_;
  std::vector<std::string> repeated_;
  bool too_deep_ = false;
};

std::string position(std::string_view text, std::size_t byte) {
  const auto before = text.substr(0, byte == 0 ? 0 : byte - 1);
  const auto line = std::count(before.begin(), before.end(), '\n') + 1;
  const auto last = before.rfind('\n');
  const auto column = before.size() - (last == std::string_view::npos ? 0 : last + 1) + 1;
  return "line " + std::to_string(line) + ", column " + std::to_string(column);
}

/// The parser's own words without its citation of the text, which may be a secret.
std::string complaint(std::string_view what) {
  auto begin = what.find("syntax error");
  std::string out{begin == std::string_view::npos ? std::string_view{"syntax error"} : what.substr(begin)};
  const auto cited = out.find("; last read: '");
  if (cited != std::string::npos) {
    const auto end = out.rfind('\'');
    out.erase(cited, end > cited + 13 ? end - cited + 1 : std::string::npos);
  }
  return out;
}

} // namespace

std::optional<json> parse(std::string_view text, std::string_view name, std::vector<std::string>& errors) {
  const auto begin = std::string{name} + ": ";
  watcher watch;
  std::optional<json> out;
  try {
    out = json::parse(
        text, [&watch](int depth, json::parse_event_t event, json& parsed) { return watch(depth, event, parsed); },
        true, true);
  } catch (const json::parse_error& e) {
    if (!watch.too_deep())
      errors.push_back(begin + "not JSON at " + position(text, e.byte) + ": " + complaint(e.what()));
  } catch (const json::exception&) {
    errors.push_back(begin + "not JSON: a number is too large");
  }
  if (watch.too_deep()) {
    errors.push_back(begin + "nested deeper than " + std::to_string(nesting_max) + " levels");
    return std::nullopt;
  }
  for (const auto& path : watch.repeated())
    errors.push_back(begin + path + " appears more than once");
  return out;
}

} // namespace belfry::values

#include "belfry/tests/support/server/serve_fixture.hpp"

#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

namespace belfry::test {

class Examples : public serve_fixture {
protected:
  static std::vector<std::filesystem::path> files() {
    std::vector<std::filesystem::path> out;
    for (const auto& e : std::filesystem::directory_iterator{BELFRY_SOURCE_DIR "/examples/events"})
      out.push_back(e.path());
    std::sort(out.begin(), out.end());
    return out;
  }

  static std::string text_of(const std::filesystem::path& path) {
    std::stringstream out;
    out << std::ifstream{path}.rdbuf();
    return out.str();
  }
};

TEST_F(Examples, EachFileIsAcceptedWhole) {
  serve();
  ASSERT_GE(files().size(), 5U);
  for (const auto& path : files()) {
    auto text = text_of(path);
    auto lines = std::count(text.begin(), text.end(), '\n');
    auto a = api_->send("POST", "/v1/events", text, {{"Content-Type", "application/x-ndjson"}});
    EXPECT_EQ(a.status, 202) << path << ": " << a.body;
    EXPECT_EQ(a.value(), (json{{"accepted", lines}, {"duplicates", 0}})) << path;
  }
}

TEST_F(Examples, ShowEveryTypeOfEvent) {
  std::set<std::string> seen;
  for (const auto& path : files()) {
    std::istringstream lines{text_of(path)};
    for (std::string line; std::getline(lines, line);)
      seen.insert(json::parse(line)["type"].get<std::string>());
  }
  EXPECT_EQ(seen.size(), 23U) << json{seen}.dump();
}

} // namespace belfry::test

#include "belfry/messages/reason.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <string>

namespace belfry {

TEST(ReasonsPage, ExplainsEachReasonOnceAndNoOther) {
  std::ifstream page{BELFRY_SOURCE_DIR "/docs/reasons.md"};
  ASSERT_TRUE(page);
  std::map<std::string, int> explained;
  for (std::string line; std::getline(page, line);) {
    if (!line.starts_with("| `"))
      continue;
    auto end = line.find('`', 3);
    ++explained[line.substr(3, end - 3)];
    EXPECT_GT(line.size(), end + 20) << "without a sentence: " << line;
  }
  for (int i = 0; i < reason_count; ++i) {
    auto r = static_cast<reason>(i);
    if (r == reason::none)
      continue;
    EXPECT_EQ(explained[std::string{to_string(r)}], 1) << to_string(r);
  }
  for (const auto& [name, times] : explained) {
    reason found{};
    EXPECT_TRUE(from_string(name, found)) << name << " is no reason";
  }
}

} // namespace belfry

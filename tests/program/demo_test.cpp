#include "belfry/tests/support/server/process.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <filesystem>

namespace belfry::test {

namespace {

bool has_line(const std::string& text, std::initializer_list<const char*> parts) {
  std::size_t begin = 0;
  while (begin < text.size()) {
    auto end = std::min(text.find('\n', begin), text.size());
    auto line = text.substr(begin, end - begin);
    if (std::all_of(parts.begin(), parts.end(), [&](const char* p) { return line.find(p) != std::string::npos; }))
      return true;
    begin = end + 1;
  }
  return false;
}

} // namespace

TEST(Demo, ToldOnceShowsWhoIsToldWhatAndWhy) {
  auto r = run_program({"demo", "--once"}, testing::TempDir() + "demo");
  EXPECT_EQ(r.code, 0) << r.out << r.err;
  EXPECT_TRUE(
      has_line(r.out, {"Ada is told [new_message, mortgage]", "about my mortgage", "3 unread here", "because"}));
  EXPECT_TRUE(has_line(r.out, {"Ada is told [read_message, mortgage]"}));
  EXPECT_TRUE(has_line(r.out, {"Vera is not told: own_message"}));
  EXPECT_TRUE(has_line(r.out, {"Vera is not told: read_before_due"}));
  EXPECT_TRUE(has_line(r.out, {"Vera is told [missed_call, cards]", "the caller hung up"}));
  EXPECT_TRUE(has_line(r.out, {"Ada is told [missed_call, mortgage]", "nobody answered in time"}));
  EXPECT_TRUE(has_line(r.out, {"Carl is told [incoming_call, mortgage]"}));
  EXPECT_TRUE(has_line(r.out, {"Carl is told [inbound_request, mortgage]"}));
  EXPECT_TRUE(has_line(r.out, {"Ada pauses"}));
  for (const auto* phone : {"Ada's iPhone", "Ada's Android phone"}) {
    EXPECT_TRUE(has_line(r.out, {phone, "Vera", "about my mortgage", "badge 3"})) << phone;
    EXPECT_TRUE(has_line(r.out, {phone, "takes back what it shows"})) << phone;
    EXPECT_TRUE(has_line(r.out, {phone, "rings: Vera"})) << phone;
    EXPECT_TRUE(has_line(r.out, {phone, "stops ringing (ANSWERED"})) << phone;
  }
  EXPECT_EQ(r.out.find("!!"), std::string::npos) << r.out;
}

TEST(Demo, KeepsRunningUntilASignalAndLeavesNothingBehind) {
  auto folder = std::filesystem::path{testing::TempDir()} / "demo-tmp";
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  process p{{"demo", "--listen", "127.0.0.1:0"}, testing::TempDir() + "demo-running", {{"TMPDIR", folder.string()}}};
  EXPECT_FALSE(p.wait(std::chrono::milliseconds{500})) << p.standard_output() << p.standard_error();
  p.signal(SIGINT);
  EXPECT_EQ(p.wait(std::chrono::seconds{20}), 0) << p.standard_output() << p.standard_error();
  EXPECT_TRUE(std::filesystem::is_empty(folder));
}

} // namespace belfry::test

#include "belfry/tests/support/server/process.hpp"

#include <gtest/gtest.h>

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>

namespace belfry::test {

class TemplateProgram : public testing::Test {
protected:
  void SetUp() override { std::filesystem::create_directories(dir_); }
  void TearDown() override { std::filesystem::remove_all(dir_); }

  run_result render(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "template");
    return run_program(arguments, (dir_ / "run").string());
  }
  std::string content(const std::string& name) const {
    std::ostringstream out;
    out << std::ifstream{dir_ / name}.rdbuf();
    return out.str();
  }

  std::filesystem::path dir_ =
      std::filesystem::temp_directory_path() / ("belfry-template-" + std::to_string(::getpid()));
};

TEST_F(TemplateProgram, RendersHtmlTextOrTheWholeMailByTheNameOfTheFile) {
  for (const auto* name : {"m.html", "m.txt", "m.eml"})
    EXPECT_EQ(render({"missed_call", "--locale", "it", "--out", (dir_ / name).string()}).code, 0);
  EXPECT_TRUE(content("m.html").starts_with("<!DOCTYPE html>"));
  EXPECT_TRUE(content("m.txt").starts_with("Chiamata persa da Vera Moln"));
  EXPECT_NE(content("m.eml").find("Content-Type: multipart/alternative"), std::string::npos);
}

TEST_F(TemplateProgram, RendersTheConfiguredTemplate) {
  auto out = (dir_ / "m.txt").string();
  auto r = render({"new_message", "--set", "email.templates.new_message.en.subject=Hi ${recipientName}", "--set",
                   "email.templates.new_message.en.text=${messageText}", "--out", out});
  EXPECT_EQ(r.code, 0) << r.err;
  EXPECT_TRUE(content("m.txt").starts_with("Hi Ada Lovelace\n\nGood morning"));
}

TEST_F(TemplateProgram, RefusesAnUnknownPlaceholderAndAKindWithoutMails) {
  auto wrong = render({"new_message", "--set", "email.templates.new_message.en.text=${nobody}", "--set",
                       "email.templates.new_message.en.subject=x", "--out", (dir_ / "m.txt").string()});
  EXPECT_EQ(wrong.code, 1);
  EXPECT_NE(wrong.err.find("${nobody} is not a placeholder"), std::string::npos) << wrong.err;
  auto silent = render({"read_message", "--out", (dir_ / "m.txt").string()});
  EXPECT_EQ(silent.code, 1);
  EXPECT_NE(silent.err.find("read_message"), std::string::npos);
}

} // namespace belfry::test

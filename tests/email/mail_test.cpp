#include "belfry/io/email/mail.hpp"

#include <nlohmann/json.hpp>

#include <gtest/gtest.h>

#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>
#include <vector>

namespace belfry::io::email {
namespace {

using nlohmann::json;

mail simple() {
  mail m;
  m.from = "Bank <chat@bank.test>";
  m.to_name = "Ada";
  m.to_address = "ada@example.test";
  m.subject = "Hello";
  m.text = "Hello\n";
  m.message_id = "m1@bank.test";
  m.thread_id = "t1@bank.test";
  m.list_id = "conversations.bank.test";
  m.date = 1'790'000'000'000;
  return m;
}

/// What Python's parser, which shares nothing with ours, makes of the mails.
std::vector<json> parse(const std::vector<std::string>& mails) {
  auto folder = std::filesystem::temp_directory_path() / ("belfry-mail-" + std::to_string(::getpid()));
  std::filesystem::create_directories(folder);
  std::string command = "python3 " BELFRY_PARSE_MAIL;
  for (std::size_t i = 0; i < mails.size(); ++i) {
    auto path = folder / (std::to_string(i) + ".eml");
    std::ofstream{path, std::ios::binary} << mails[i];
    command += " " + path.string();
  }
  std::vector<json> out;
  auto* pipe = ::popen(command.c_str(), "r");
  std::string text;
  std::array<char, 65536> more{};
  while (auto n = std::fread(more.data(), 1, more.size(), pipe))
    text.append(more.data(), n);
  EXPECT_EQ(::pclose(pipe), 0);
  std::filesystem::remove_all(folder);
  for (std::size_t at = 0; at < text.size(); at = text.find('\n', at) + 1)
    out.push_back(json::parse(text.substr(at, text.find('\n', at) - at)));
  EXPECT_EQ(out.size(), mails.size());
  return out;
}

json parse(const mail& m) {
  auto mime = to_mime(m);
  EXPECT_TRUE(mime);
  return parse(std::vector{mime.value_or("")}).at(0);
}

std::string header(const json& parsed, const std::string& name) {
  const auto& headers = parsed.at("headers");
  EXPECT_TRUE(headers.contains(name)) << name;
  EXPECT_EQ(headers.value(name, json::array()).size(), 1U) << name;
  return headers.contains(name) ? headers[name][0].get<std::string>() : "";
}

TEST(EmailMime, HasTheHeadersOfS6) {
  auto m = simple();
  m.unsubscribe_url = "https://push.bank.test/v1/unsubscribe/" + std::string(300, 'a');
  auto p = parse(m);
  EXPECT_EQ(header(p, "Subject"), "Hello");
  EXPECT_EQ(header(p, "Message-Id"), "<m1@bank.test>");
  EXPECT_EQ(header(p, "In-Reply-To"), "<t1@bank.test>");
  EXPECT_EQ(header(p, "References"), "<t1@bank.test>");
  EXPECT_EQ(header(p, "Auto-Submitted"), "auto-generated");
  EXPECT_EQ(header(p, "List-Id"), "<conversations.bank.test>");
  EXPECT_EQ(header(p, "List-Unsubscribe"), "<" + *m.unsubscribe_url + ">");
  EXPECT_EQ(header(p, "List-Unsubscribe-Post"), "List-Unsubscribe=One-Click");
  EXPECT_EQ(header(p, "Date"), "Mon, 21 Sep 2026 14:13:20 +0000");
  EXPECT_EQ(header(p, "MIME-Version"), "1.0");
  EXPECT_EQ(p["from"], json::array({json::array({"Bank", "chat@bank.test"})}));
  EXPECT_EQ(p["to"], json::array({json::array({"Ada", "ada@example.test"})}));
}

TEST(EmailMime, OffersOneClickOverHttpsOrOnThisHostOnly) {
  const auto offered = [](const std::string& url) {
    auto m = simple();
    m.unsubscribe_url = url;
    auto p = parse(m);
    EXPECT_EQ(header(p, "List-Unsubscribe"), "<" + url + ">");
    return p["headers"].contains("List-Unsubscribe-Post");
  };
  EXPECT_FALSE(offered("http://push.bank.test/v1/unsubscribe/x"));
  EXPECT_TRUE(offered("https://push.bank.test/v1/unsubscribe/x"));
  EXPECT_TRUE(offered("http://127.0.0.1:8080/v1/unsubscribe/x"));
  EXPECT_TRUE(offered("http://localhost/v1/unsubscribe/x"));
}

TEST(EmailMime, QuotesNamesThatNeedIt) {
  for (std::string good : {R"("a b"@example.test)", R"("a\"b  c"@example.test)", R"("a,b"@example.test)"}) {
    auto m = simple();
    m.to_address = good;
    EXPECT_EQ(envelope_address(good), good);
    auto p = parse(m);
    ASSERT_EQ(p["to"].size(), 1U) << good;
    EXPECT_EQ(p["to"][0][1], good);
    EXPECT_EQ(p["defects"], json::array());
  }
}

TEST(EmailMime, IsTextAloneOrBoth) {
  auto m = simple();
  EXPECT_EQ(parse(m)["type"], "text/plain");
  m.html = "<p>Hello</p>";
  auto p = parse(m);
  EXPECT_EQ(p["type"], "multipart/alternative");
  EXPECT_EQ(p["text"], "Hello\n");
  EXPECT_EQ(p["html"], "<p>Hello</p>");
}

TEST(EmailMime, KeepsLinesShortAndEndsThemWell) {
  auto m = simple();
  m.text = std::string(5000, 'x') + "\n.\n..\nFrom here\n";
  m.html = "<p>" + std::string(20'000, 'y') + "</p>";
  m.subject = std::string(200, 'z');
  auto p = parse(m);
  EXPECT_LE(p["longest"], 998);
  EXPECT_EQ(p["bare"], 0);
  EXPECT_EQ(p["text"], m.text);
  EXPECT_EQ(p["html"], m.html);
  EXPECT_EQ(header(p, "Subject"), m.subject);
}

TEST(EmailMime, IsAlwaysInUtf8) {
  for (std::string text : {"plain", "caf\xC3\xA9", "\xE2\x98\x95"}) {
    auto m = simple();
    m.text = m.html = m.to_name = text;
    const auto mime = to_mime(m).value();
    EXPECT_EQ(mime.find("us-ascii"), mime.npos);
    EXPECT_EQ(mime.find("iso-8859"), mime.npos);
    EXPECT_NE(mime.find("charset=utf-8"), mime.npos);
    EXPECT_EQ(parse(m)["text"], text);
  }
}

TEST(EmailMime, WritesHostsInAscii) {
  auto m = simple();
  m.to_address = "ada@b\xC3\xBC"
                 "cher.test";
  EXPECT_EQ(envelope_address(m.to_address), "ada@xn--bcher-kva.test");
  EXPECT_EQ(parse(m)["to"][0][1], "ada@xn--bcher-kva.test");
}

TEST(EmailMime, RefusesWhatIsNoAddress) {
  for (std::string bad : {"", "ada", "@example.test", "ada@", "a@b.test, c@d.test", "ada@b.test\r\nRCPT TO:<x@y.test>",
                          "group: a@b.test;", "<a@b.test> junk <c@d.test>", "a b@c.test", "\"a>b\"@c.test"}) {
    auto m = simple();
    m.to_address = bad;
    EXPECT_FALSE(envelope_address(bad)) << bad;
    EXPECT_FALSE(to_mime(m)) << bad;
  }
}

/// Pieces of text that break mails that were put together without care.
std::string hostile_text(std::mt19937& rng, bool lines) {
  static const std::vector<std::string> pieces{"\r\nBcc: all@bank.test",
                                               "\n",
                                               "\r",
                                               ".",
                                               "\n.\n",
                                               "=?utf-8?q?x?=",
                                               "=",
                                               "\"",
                                               "\\",
                                               ",",
                                               ";",
                                               "<x@y.test>",
                                               "(",
                                               ")",
                                               "\xC3\xBC",
                                               "\xF0\x9F\x91\x8D\xF0\x9F\x8F\xBD",
                                               "\xE2\x80\xAE",
                                               "\t",
                                               " ",
                                               "\x01",
                                               "\x7f",
                                               "<b>",
                                               "&amp;",
                                               "From ",
                                               "--",
                                               std::string(200, 'a'),
                                               "\xE4\xBD\xA0\xE5\xA5\xBD",
                                               ":",
                                               "@"};
  std::string out;
  for (auto n = std::uniform_int_distribution<int>{0, 12}(rng); n > 0; --n)
    out += pieces[rng() % pieces.size()];
  if (!lines)
    std::replace_if(
        out.begin(), out.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }, ' ');
  return out;
}

/// Without blanks, which are folded, and control characters, which become blanks.
std::string visible(const std::string& x) {
  std::string out;
  std::copy_if(x.begin(), x.end(), std::back_inserter(out),
               [](char c) { return static_cast<unsigned char>(c) > 0x20 && c != 0x7f; });
  return out;
}

TEST(EmailMime, KeepsHostileNamesAndTextsInTheirPlace) {
  auto seed = std::getenv("BELFRY_SEED") != nullptr ? std::strtoul(std::getenv("BELFRY_SEED"), nullptr, 10)
                                                    : std::random_device{}();
  SCOPED_TRACE("BELFRY_SEED=" + std::to_string(seed));
  std::mt19937 rng(static_cast<std::mt19937::result_type>(seed));
  std::vector<mail> sent;
  std::vector<std::string> written;
  for (int i = 0; i < 300; ++i) {
    auto m = simple();
    m.to_name = hostile_text(rng, true);
    m.subject = hostile_text(rng, true);
    m.text = hostile_text(rng, true);
    m.html = rng() % 2 == 0 ? "" : "<p>" + hostile_text(rng, false) + "</p>";
    auto mime = to_mime(m);
    ASSERT_TRUE(mime);
    written.push_back(*mime);
    sent.push_back(m);
  }
  auto parsed = parse(written);
  ASSERT_EQ(parsed.size(), sent.size());
  for (std::size_t i = 0; i < sent.size(); ++i) {
    const auto& p = parsed[i];
    SCOPED_TRACE(written[i]);
    EXPECT_EQ(p["headers"].count("Bcc"), 0U);
    EXPECT_EQ(p["to"].size(), 1U);
    EXPECT_EQ(p["to"][0][1], "ada@example.test");
    EXPECT_LE(p["longest"], 998);
    EXPECT_EQ(p["bare"], 0);
    EXPECT_EQ(p["defects"], json::array());
    if (!sent[i].html.empty()) {
      EXPECT_EQ(p["html"], sent[i].html);
    }
    EXPECT_EQ(visible(header(p, "Subject")), visible(sent[i].subject));
  }
}

} // namespace
} // namespace belfry::io::email

#include "belfry/io/outbound/header_rules.hpp"

#include <gtest/gtest.h>

namespace belfry::io {

namespace {

TEST(HeaderRules, KeepOutWhatWouldEndTheLine) {
  EXPECT_TRUE(header_valid("apns-topic", "com.example.chat"));
  EXPECT_TRUE(header_valid("X", ""));
  EXPECT_TRUE(header_valid("X", "a\tb"));
  for (auto name : {"", "a b", "a:", ":path", "a\r", "a\n", "a\t"})
    EXPECT_FALSE(header_valid(name, "x")) << name;
  for (auto value : {"a\r\nb: c", "a\nb", "a\x7f"})
    EXPECT_FALSE(header_valid("x", value)) << value;
  EXPECT_FALSE(header_valid("x", std::string_view("a\0b", 3)));
}

TEST(HeaderRules, TellHeadersOfTheConnectionByAnyCase) {
  for (auto name : {"Connection", "HOST", "te", "Transfer-Encoding", "upgrade", "Keep-Alive", "Proxy-Connection"})
    EXPECT_TRUE(connection_header(name)) << name;
  for (auto name : {"content-type", "hosts", "authorization"})
    EXPECT_FALSE(connection_header(name)) << name;
}

} // namespace

} // namespace belfry::io

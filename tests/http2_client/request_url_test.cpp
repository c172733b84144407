#include "belfry/io/http2_client/request_url.hpp"

#include <gtest/gtest.h>

namespace belfry::io::http2 {

namespace {

TEST(RequestUrl, IsSplitByteForByte) {
  const auto x = split_url("https://Push.Example:8443/a/%2F/B?c=d?e/f#g");
  ASSERT_TRUE(x);
  EXPECT_EQ(x->origin, "https://Push.Example:8443");
  EXPECT_EQ(x->path, "/a/%2F/B?c=d?e/f");
  EXPECT_EQ(split_url("https://h")->path, "/");
  EXPECT_EQ(split_url("HTTPS://[::1]:4/x")->origin, "HTTPS://[::1]:4");
}

TEST(RequestUrl, IsRefusedWhenNoPathMayHoldIt) {
  for (auto url : {"", "https:", "http://h/", "https://h/a b", "https://h/\x01", "https://h/\xc3\xa4", "https://h?q"})
    EXPECT_FALSE(split_url(url)) << url;
}

TEST(RequestUrl, LeavesTheUsualPortOut) {
  target where;
  where.host = "push.example";
  where.port = 443;
  EXPECT_EQ(host_and_port(where, false), "push.example");
  EXPECT_EQ(host_and_port(where, true), "push.example:443");
  where.host = "::1";
  where.port = 2197;
  EXPECT_EQ(host_and_port(where, false), "[::1]:2197");
}

} // namespace

} // namespace belfry::io::http2

#include "belfry/io/webhook/endpoint.hpp"

#include <gtest/gtest.h>

using namespace belfry;
using namespace belfry::io::webhooks;

namespace {

std::string what(std::string_view url, const outbound_options& o = {}) {
  std::string out;
  for (auto& p : check_endpoint(url, o)) {
    EXPECT_EQ(p.pointer, "/endpoint");
    out += p.detail + "\n";
  }
  return out;
}

bool refused(std::string_view url, const outbound_options& o = {}) {
  return what(url, o).find("refused address") != std::string::npos;
}

} // namespace

TEST(Endpoint, IsHttpsOnAnAllowedPort) {
  for (auto url : {"https://host.example", "https://host.example/hook?a=b", "https://host.example:443/",
                   "https://host.example:80/", "https://host.example:1024/", "https://host.example:65535/",
                   "HTTPS://Host.Example/", "https://93.184.216.34/", "https://[2606:4700:4700::1111]:8443/x"})
    EXPECT_EQ(what(url), "") << url;
}

TEST(Endpoint, PlainHttpNeedsTheOption) {
  EXPECT_TRUE(refused("http://host.example/"));
  EXPECT_NE(what("http://host.example/").find("outbound.allowPlainHttp"), std::string::npos);
  outbound_options o;
  o.allow_plain_http = true;
  EXPECT_EQ(what("http://host.example/", o), "");
  EXPECT_EQ(what("https://host.example/", o), "");
}

TEST(Endpoint, OtherSchemesAreRefused) {
  outbound_options o;
  o.allow_plain_http = true;
  for (auto url :
       {"ftp://host.example:2121/", "file:///etc/passwd", "gopher://host.example:7070/", "foo://host.example"})
    EXPECT_NE(what(url, o), "") << url;
}

TEST(Endpoint, PortsUpTo1023AreRefusedApartFrom80And443) {
  for (auto port : {"0", "1", "22", "25", "79", "81", "442", "444", "1023"})
    EXPECT_TRUE(refused("https://host.example:" + std::string{port} + "/")) << port;
}

TEST(Endpoint, CredentialsAreRefused) {
  for (auto url : {"https://ben@host.example/", "https://ben:secret@host.example/", "https://:secret@host.example/"})
    EXPECT_NE(what(url).find("credentials"), std::string::npos) << url;
}

TEST(Endpoint, WhatIsNoUrlIsNamed) {
  for (auto url : {"", "host.example", "https://", "https://[::1", "https://host.example:99999/",
                   "https://host .example/", "https://host.example/\r\nX: y", "/hook"})
    EXPECT_NE(what(url).find("not a URL"), std::string::npos) << url;
  EXPECT_NE(what(std::string_view{"https://host.example/\0x", 23}), "");
}

TEST(Endpoint, RefusedAddressesAreSeenInEveryNotation) {
  for (auto host : {"127.0.0.1",
                    "127.1",
                    "2130706433",
                    "0x7f000001",
                    "0x7f.0.0.1",
                    "0177.0.0.1",
                    "017700000001",
                    "127.0.0.1.",
                    "%31%32%37.0.0.1",
                    "10.1.2.3",
                    "172.16.0.1",
                    "192.168.1.1",
                    "100.64.0.1",
                    "169.254.169.254",
                    "0.0.0.0",
                    "0",
                    "192.0.0.1",
                    "192.0.2.1",
                    "198.18.0.1",
                    "198.51.100.1",
                    "203.0.113.1",
                    "224.0.0.1",
                    "240.0.0.1",
                    "255.255.255.255",
                    "[::]",
                    "[::1]",
                    "[fc00::1]",
                    "[fe80::1]",
                    "[fe80::1%25eth0]",
                    "[ff02::1]",
                    "[2001:db8::1]",
                    "[3fff::1]",
                    "[64:ff9b::7f00:1]",
                    "[2002:7f00:1::]",
                    "[100::1]",
                    "[::ffff:127.0.0.1]",
                    "[::ffff:7f00:1]",
                    "[::FFFF:10.0.0.1]",
                    "[::ffff:0:7f00:1]",
                    "[::ffff:0:10.0.0.1]"})
    EXPECT_TRUE(refused("https://" + std::string{host} + "/")) << host;
}

TEST(Endpoint, AHostNameOutsideAsciiIsGivenByItsXnForm) {
  for (auto host : {"bücher.example", "①②⑦.0.0.2", "ｌｏｃａｌｈｏｓｔ", "a\xff.example", "b%C3%BCcher.example"})
    EXPECT_NE(what("https://" + std::string{host} + "/").find("xn--"), std::string::npos) << host;
  EXPECT_EQ(what("https://xn--bcher-kva.example/"), "");
}

TEST(Endpoint, NamesThatAlwaysMeanLoopbackAreRefused) {
  for (auto host : {"localhost", "LOCALHOST", "localhost.", "a.localhost"})
    EXPECT_TRUE(refused("https://" + std::string{host} + "/")) << host;
  EXPECT_FALSE(refused("https://localhost.example/"));
  EXPECT_FALSE(refused("https://notlocalhost/"));
}

TEST(Endpoint, AllowedNetworksAreNotRefused) {
  outbound_options o;
  o.allowed_networks = {"127.0.0.0/8"};
  EXPECT_EQ(what("https://127.0.0.1:9000/", o), "");
  EXPECT_EQ(what("https://localhost:9000/", o), "");
  EXPECT_TRUE(refused("https://10.0.0.1/", o));
}

TEST(Endpoint, EveryThingWrongIsNamedAtOnce) {
  EXPECT_EQ(check_endpoint("http://127.0.0.1:22/", outbound_options{}).size(), 3u);
}

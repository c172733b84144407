#include "belfry/io/outbound/address_policy.hpp"

#include <gtest/gtest.h>

namespace belfry::io {

namespace {

address_policy allowing(std::vector<std::string> networks) {
  outbound_options o;
  o.allowed_networks = std::move(networks);
  return address_policy(o);
}

TEST(AddressPolicy, RefusesEveryRangeOfTheList) {
  const auto policy = allowing({});
  for (auto text : {"127.0.0.1",
                    "127.255.255.255",
                    "10.0.0.1",
                    "172.16.0.1",
                    "172.31.255.255",
                    "192.168.1.1",
                    "100.64.0.1",
                    "100.127.255.255",
                    "169.254.169.254",
                    "0.0.0.0",
                    "0.255.0.1",
                    "192.0.0.1",
                    "192.0.2.5",
                    "198.51.100.7",
                    "203.0.113.9",
                    "198.18.0.1",
                    "198.19.255.255",
                    "224.0.0.1",
                    "239.1.1.1",
                    "240.0.0.1",
                    "255.255.255.255",
                    "::",
                    "::1",
                    "fc00::1",
                    "fdff::1",
                    "fe80::1",
                    "febf::1",
                    "ff02::1",
                    "2001:db8::1",
                    "3fff::1",
                    "3fff:fff::1",
                    "64:ff9b::1.2.3.4",
                    "2002:7f00:1::",
                    "100::1",
                    "::ffff:127.0.0.1",
                    "::ffff:8.8.8.8"})
    EXPECT_FALSE(policy.allowed(*parse_ip(text))) << text;
}

TEST(AddressPolicy, AllowsWhatLiesBesideTheRanges) {
  const auto policy = allowing({});
  for (auto text : {"8.8.8.8", "9.255.255.255", "11.0.0.0", "172.15.255.255", "172.32.0.0", "100.63.255.255",
                    "100.128.0.0", "126.255.255.255", "128.0.0.1", "169.253.0.1", "192.0.1.1", "198.17.255.255",
                    "198.20.0.0", "223.255.255.255", "2a00:1450::1", "2606:4700::1111", "4000::1"})
    EXPECT_TRUE(policy.allowed(*parse_ip(text))) << text;
}

TEST(AddressPolicy, AllowedNetworksOpenOnlyThemselves) {
  const auto policy = allowing({"127.0.0.0/8", "fd12::/16", "10.1.2.3", "not a network", "10.0.0.0/33"});
  EXPECT_TRUE(policy.allowed(*parse_ip("127.9.9.9")));
  EXPECT_TRUE(policy.allowed(*parse_ip("::ffff:127.0.0.1")));
  EXPECT_TRUE(policy.allowed(*parse_ip("fd12:3::1")));
  EXPECT_TRUE(policy.allowed(*parse_ip("10.1.2.3")));
  EXPECT_FALSE(policy.allowed(*parse_ip("10.1.2.4")));
  EXPECT_FALSE(policy.allowed(*parse_ip("fd13::1")));
  EXPECT_FALSE(policy.allowed(*parse_ip("::1")));
}

TEST(AddressPolicy, ReadsEveryNotationOfAnIpv4Address) {
  const auto loopback = parse_ip("127.0.0.1");
  for (auto text : {"127.0.0.1", "2130706433", "0x7f000001", "0X7F.1", "017700000001", "0177.0.0.1", "127.1", "127.0.1",
                    "0x7f.0x0.0x0.0x1", "127.0.0.1."})
    EXPECT_EQ(literal_host(text), loopback) << text;
  for (auto text : {"", ".", "127..1", "1.2.3.4.5", "256.1.1.1", "127.0.0.256", "4294967296", "08.1.1.1", "example.com",
                    "1.2.3.example", "-1"})
    EXPECT_EQ(literal_host(text), std::nullopt) << text;
}

TEST(AddressPolicy, ReadsIpv6WithBracketsAndZones) {
  EXPECT_EQ(literal_host("[::1]"), parse_ip("::1"));
  EXPECT_EQ(literal_host("fe80::1%25eth0"), parse_ip("fe80::1"));
  EXPECT_EQ(literal_host("[::ffff:7f00:1]"), parse_ip("::ffff:127.0.0.1"));
  EXPECT_EQ(literal_host("[::g]"), std::nullopt);
}

TEST(AddressPolicy, RefusesLiteralsAndLocalhostButNoOtherName) {
  const auto policy = allowing({});
  for (auto text : {"127.1", "[::1]", "0x7f000001", "localhost", "LocalHost.", "a.localhost", "", "[::ffff:10.0.0.1]"})
    EXPECT_TRUE(literal_refused(text, policy)) << text;
  for (auto text : {"example.com", "8.8.8.8", "localhost.example.com"})
    EXPECT_FALSE(literal_refused(text, policy)) << text;
  EXPECT_FALSE(literal_refused("localhost", allowing({"127.0.0.0/8"})));
}

TEST(AddressPolicy, KnowsPortsAndSchemes) {
  for (auto port : {80U, 443U, 1024U, 65535U})
    EXPECT_TRUE(address_policy::port_allowed(port)) << port;
  for (auto port : {0U, 22U, 25U, 1023U, 65536U})
    EXPECT_FALSE(address_policy::port_allowed(port)) << port;
  EXPECT_FALSE(allowing({}).scheme_allowed("http"));
  EXPECT_TRUE(allowing({}).scheme_allowed("HTTPS"));
  EXPECT_FALSE(allowing({}).scheme_allowed("ftp"));
}

TEST(AddressPolicy, ReadsNetworks) {
  EXPECT_TRUE(parse_network("10.0.0.0/8"));
  EXPECT_TRUE(parse_network("::/0"));
  for (auto text : {"", "/8", "10.0.0.0/", "10.0.0.0/33", "fd00::/129", "10.0.0.0/-1", "10.0.0.0/8x", "host/8"})
    EXPECT_FALSE(parse_network(text)) << text;
}

} // namespace

} // namespace belfry::io

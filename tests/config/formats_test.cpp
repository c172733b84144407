#include "belfry/config/formats.hpp"
#include "belfry/tests/config/support.hpp"

namespace belfry::formats {

namespace {

void all_hold(const rule& r, std::initializer_list<std::string> texts) {
  for (const auto& t : texts)
    EXPECT_TRUE(r.holds(t)) << t;
}

void none_holds(const rule& r, std::initializer_list<std::string> texts) {
  for (const auto& t : texts)
    EXPECT_FALSE(r.holds(t)) << t;
}

} // namespace

TEST(Formats, ListenIsHostAndPort) {
  all_hold(listen, {"127.0.0.1:8080", "localhost:0", "[::1]:8080", "0.0.0.0:65535", "push.example.com:443"});
  none_holds(listen, {"", ":8080", "127.0.0.1", "::1:8080", "127.0.0.1:65536", "127.0.0.1:", "127.0.0.1:x", "[::1]",
                      "[127.0.0.1]:1", "1.2.3:80"});
  EXPECT_EQ(listen_host("[::1]:8080"), "::1");
}

TEST(Formats, LoopbackIsKnownByAddressAndName) {
  for (const auto* host : {"127.0.0.1", "127.9.9.9", "::1", "[::1]", "localhost", "LOCALHOST"})
    EXPECT_TRUE(is_loopback(host)) << host;
  for (const auto* host : {"0.0.0.0", "128.0.0.1", "::", "localhost.example.com", "127.0.0.1.example.com", ""})
    EXPECT_FALSE(is_loopback(host)) << host;
}

TEST(Formats, ProviderUrlIsHttpsOrLoopback) {
  all_hold(provider_url, {"https://fcm.googleapis.com", "https://api.push.apple.com:443", "https://10.0.0.1:2197/",
                          "http://127.0.0.1:8080", "http://[::1]:1", "http://localhost:99"});
  none_holds(provider_url, {"http://fcm.googleapis.com", "fcm.googleapis.com", "https://a:b@host", "https://host/path",
                            "https://host?x=1", "ftp://host", "https://", "https://ho st", "https://host\n"});
}

TEST(Formats, NetworkIsCidr) {
  all_hold(network, {"127.0.0.0/8", "0.0.0.0/0", "10.1.2.3/32", "fd00::/8", "::1/128"});
  none_holds(network, {"127.0.0.1", "127.0.0.0/33", "fd00::/129", "127.0.0/8", "10.0.0.0/", "10.0.0.0/-1", "[::1]/128",
                       "example.com/8", "/8", "10.0.0.0/8 "});
}

TEST(Formats, ProxyUrlHasOneOfFourSchemes) {
  all_hold(proxy_url, {"http://proxy:3128", "https://user:pass@proxy.example.com:443/", "socks5://127.0.0.1:1080",
                       "socks5h://proxy"});
  none_holds(proxy_url, {"proxy:3128", "ftp://proxy", "http://proxy/path", "http://", "http://proxy:99999"});
}

TEST(Formats, OriginHasNoPath) {
  all_hold(origin, {"https://desk.example.com", "http://localhost:3000"});
  none_holds(origin, {"*", "https://desk.example.com/", "https://desk.example.com/x", "desk.example.com", "null"});
}

TEST(Formats, HostPatternMayBeginWithAStar) {
  all_hold(host_pattern, {"fcm.googleapis.com", "*.push.apple.com", "127.0.0.1"});
  none_holds(host_pattern, {"*", "*.", "a*.example.com", "*.*.com", "https://host", "host:443"});
}

TEST(Formats, MailboxIsAnAddressWithOrWithoutAName) {
  all_hold(mailbox, {"a@example.com", "Example Bank <a@example.com>", "<a@example.com>"});
  none_holds(mailbox, {"a", "a@", "@example.com", "a b@example.com", "Name <a@example.com", "Name <a@example.com> x",
                       "a@example.com\r\nBcc: b@example.com", "a@b@example.com"});
}

TEST(Formats, VapidSubjectIsARealContact) {
  all_hold(vapid_subject, {"mailto:ops@example.com", "https://example.com/contact", "https://push.example.com"});
  none_holds(vapid_subject,
             {"ops@example.com", "mailto:ops@localhost", "mailto:ops@bank.local", "mailto:ops@x.invalid",
              "mailto: ops@example.com", "mailto:", "https://localhost", "https://bank.local/x", "http://example.com",
              "https://x.invalid", "https://127.0.0.1", "mailto:ops@127.0.0.1", "mailto:<ops@example.com>"});
}

TEST(Formats, VapidKeyIsAScalarOrPem) {
  all_hold(vapid_key, {std::string{test::vapid_key}, std::string{test::vapid_key} + "=", test::pem_of_new_key("EC")});
  none_holds(vapid_key, {"", "short", std::string(43, 'A'), std::string(43, '_'), std::string(42, 'B') + "!",
                         std::string(44, 'B'), test::pem_of_new_key("P-384"), test::pem_of_new_key("RSA")});
}

TEST(Formats, VapidKeyIsBelowTheOrderOfTheCurve) {
  // The order of P-256, and one less.
  EXPECT_FALSE(vapid_key.holds("_____wAAAAD__________7zm-q2nF56E87nKwvxjJVE"));
  EXPECT_TRUE(vapid_key.holds("_____wAAAAD__________7zm-q2nF56E87nKwvxjJVA"));
}

TEST(Formats, ApnsKeyIsPemOfP256) {
  EXPECT_TRUE(apns_key.holds(test::pem_of_new_key("EC")));
  none_holds(apns_key, {std::string{test::vapid_key}, test::pem_of_new_key("P-384"), test::pem_of_new_key("RSA")});
}

TEST(Formats, ServiceAccountHasClientKeyAndTokenAddress) {
  const auto rsa = test::pem_of_new_key("RSA");
  all_hold(service_account, {test::service_account(rsa), test::service_account(rsa, "http://127.0.0.1:9/token")});
  none_holds(service_account,
             {"{}", "[]", "not json", test::service_account("x"), test::service_account(test::pem_of_new_key("EC")),
              test::service_account(rsa, "http://example.com/token"), test::service_account(rsa, "")});
}

TEST(Formats, ConversationUrlHasOnePlaceholder) {
  all_hold(conversation_url, {"https://bank.example.com/${conversationId}", "https://x/?c=${conversationId}#a",
                              "bankapp://chat/${conversationId}"});
  none_holds(conversation_url, {"https://x/${conversation}", "https://x/${conversationId", "chat/1", "javascript"});
}

TEST(Formats, HeaderPrefixIsPartOfAName) {
  all_hold(header_prefix, {"X-Unblu-", "X-"});
  none_holds(header_prefix, {"X Unblu", "X:", "X\r\n", std::string(65, 'X')});
}

TEST(Formats, PlaceholderIsOneOfTheEight) {
  EXPECT_FALSE(wrong_placeholder("${recipientName} ${senderName} ${messageText} ${conversationTopic} ${unreadCount} "
                                 "${callerName} ${callType} ${conversationUrl} $ {x} $5"));
  EXPECT_TRUE(wrong_placeholder("${sender}"));
  EXPECT_TRUE(wrong_placeholder("${senderName"));
  EXPECT_TRUE(wrong_placeholder("${}"));
  EXPECT_TRUE(wrong_placeholder("${senderName} ${ senderName}"));
}

} // namespace belfry::formats

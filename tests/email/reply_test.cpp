#include "belfry/io/email/reply.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace belfry::io::email {
namespace {

struct row {
  email::phase phase;
  int code;
  const char* text;
  verdict expected;
};

class EmailReply : public testing::TestWithParam<row> {};

TEST_P(EmailReply, MeansWhatTheTableSays) {
  const auto& r = GetParam();
  EXPECT_EQ(judge(r.phase, {r.code, r.text}), r.expected) << r.code << " " << r.text;
}

INSTANTIATE_TEST_SUITE_P(All, EmailReply,
                         testing::ValuesIn(std::vector<row>{
                             // S-2: only 2yz behind the content is success.
                             {phase::content, 250, "2.0.0 queued", verdict::accepted},
                             {phase::recipient, 250, "ok", verdict::again},
                             // S-3
                             {phase::connect, 421, "4.3.2 shutting down", verdict::reconnect},
                             {phase::sender, 421, "", verdict::reconnect},
                             {phase::recipient, 450, "4.2.0 greylisted", verdict::again},
                             {phase::recipient, 451, "", verdict::again},
                             {phase::recipient, 452, "4.2.2 full", verdict::again},
                             {phase::content, 451, "4.7.1 spf pending", verdict::again},
                             {phase::connect, 454, "4.7.0 TLS not available", verdict::again},
                             // The letters of an address say nothing.
                             {phase::recipient, 550,
                              "5.1.1 <thomaspfister@x.test>: Recipient address rejected: "
                              "User unknown in local recipient table",
                              verdict::address_bad},
                             {phase::recipient, 550, "<heloise@spamfree.test> no such user", verdict::address_bad},
                             {phase::recipient, 550, "no such user michelopez@relay.test", verdict::address_bad},
                             {phase::recipient, 550, "ptrachsel is no user here", verdict::address_bad},
                             {phase::recipient, 550, "<ben@x.test>: SPF check failed", verdict::sender_refused},
                             {phase::recipient, 550, "<ben@x.test>: relaying denied", verdict::sender_refused},
                             // S-4 by enhanced code
                             {phase::recipient, 550, "5.1.1 no such user", verdict::address_bad},
                             {phase::recipient, 550, "5.1.2 no such host", verdict::address_bad},
                             {phase::recipient, 501, "5.1.3 bad syntax", verdict::address_bad},
                             {phase::recipient, 556, "5.1.10 null MX", verdict::address_bad},
                             {phase::recipient, 550, "5.2.1 disabled", verdict::address_bad},
                             {phase::content, 550, "5.1.1 no such user", verdict::address_bad},
                             {phase::recipient, 552, "5.2.2 mailbox full", verdict::again},
                             {phase::content, 552, "5.2.3 too big", verdict::too_big},
                             {phase::content, 552, "5.3.4 too big", verdict::too_big},
                             {phase::recipient, 550, "5.7.1 relaying denied", verdict::sender_refused},
                             {phase::content, 550, "5.7.26 unauthenticated", verdict::sender_refused},
                             {phase::content, 554, "5.6.0 bad content", verdict::refused},
                             {phase::sender, 553, "5.1.8 bad sender", verdict::sender_refused},
                             {phase::sender, 550, "5.1.1 who are you", verdict::sender_refused},
                             // S-4 by words
                             {phase::recipient, 550, "blocked, see Spamhaus", verdict::sender_refused},
                             {phase::content, 550, "5.1.1 DMARC says no", verdict::sender_refused},
                             // by phase
                             {phase::recipient, 550, "no such user", verdict::address_bad},
                             {phase::recipient, 550, "relay not permitted", verdict::sender_refused},
                             {phase::recipient, 550, "Administrative prohibition", verdict::sender_refused},
                             {phase::recipient, 550, "Sender verify failed", verdict::sender_refused},
                             {phase::recipient, 550, "Authentication is required for relay", verdict::sender_refused},
                             {phase::recipient, 550, "Your IP is blocked", verdict::sender_refused},
                             {phase::recipient, 550, "No reverse DNS (PTR)", verdict::sender_refused},
                             {phase::recipient, 550, "Invalid HELO name", verdict::sender_refused},
                             {phase::recipient, 553,
                              "sorry, that domain isn't in my list of allowed rcpthosts (#5.7.1)",
                              verdict::sender_refused},
                             {phase::recipient, 551, "moved", verdict::address_bad},
                             {phase::recipient, 553, "bad name", verdict::address_bad},
                             {phase::recipient, 554, "no", verdict::refused},
                             {phase::content, 552, "too much", verdict::too_big},
                             {phase::content, 554, "no", verdict::refused},
                             {phase::connect, 554, "go away", verdict::sender_refused},
                             {phase::sender, 550, "no", verdict::sender_refused},
                             {phase::sign_in, 535, "5.7.8 wrong", verdict::not_authorized},
                             {phase::sender, 530, "5.7.0 sign in", verdict::not_authorized},
                             // not SMTP at all
                             {phase::recipient, 0, "", verdict::again},
                             {phase::recipient, 600, "", verdict::again},
                         }));

TEST(EmailEnhancedCode, IsReadFromTheBeginningOfAReplyOnly) {
  EXPECT_EQ(enhanced_code({550, "5.1.1 no"}), "5.1.1");
  EXPECT_EQ(enhanced_code({550, "5.1.10"}), "5.1.10");
  EXPECT_EQ(enhanced_code({550, "no 5.1.1"}), "");
  EXPECT_EQ(enhanced_code({550, "4.1.1 no"}), "");
  EXPECT_EQ(enhanced_code({550, "5.1."}), "");
  EXPECT_EQ(enhanced_code({550, "5.1.1x"}), "");
  EXPECT_EQ(enhanced_code({550, "5.1234.1 no"}), "");
  EXPECT_EQ(enhanced_code({550, ""}), "");
}

} // namespace
} // namespace belfry::io::email

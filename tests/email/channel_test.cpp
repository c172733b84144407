#include "belfry/io/email/channel.hpp"
#include "belfry/tests/support/providers/smtp_server.hpp"

#include <gtest/gtest.h>

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <future>

namespace belfry::io::email {
namespace {

using test::smtp_server;
using test::smtp_server_settings;
using how = attempt_result::verdict;
using what = outcome::verdict;

constexpr millis wall = 1'700'000'000'000;

class EmailChannel : public testing::Test {
protected:
  void start(smtp_server_settings s = {}, const std::string& user = {}) {
    if (s.tls) {
      std::ofstream{ca_file_} << s.tls->chain;
      o_.outbound.ca_file = ca_file_;
    }
    server_.emplace(std::move(s));
    o_.email.enabled = true;
    o_.email.from = "Bank <chat@bank.test>";
    o_.email.smtp_host = "127.0.0.1";
    o_.email.smtp_port = server_->port();
    o_.email.tls = o_.outbound.ca_file.empty() ? smtp_tls::none : smtp_tls::starttls;
    o_.email.smtp_user = user;
    o_.email.smtp_password = secret{user.empty() ? "" : "wrong"};
    auto made = make_channel(o_, std::string(32, 'k'));
    ASSERT_TRUE(made);
    channel_ = std::move(*made);
  }

  attempt_input about(const std::string& mailbox) const {
    attempt_input in;
    in.what.recipient = in.recipient.id = "ben";
    in.what.conversation = "c1";
    in.what.message.emplace().text = text_;
    in.recipient.profile.email = mailbox;
    return in;
  }
  std::future<attempt_result> begin(const std::string& mailbox) {
    auto p = std::make_shared<std::promise<attempt_result>>();
    channel_->attempt(about(mailbox), [p](attempt_result r) { p->set_value(std::move(r)); });
    return p->get_future();
  }
  attempt_result ask(const std::string& mailbox) { return begin(mailbox).get(); }
  /// As a lane does: what follows at once is asked for again.
  attempt_result send(const std::string& mailbox) {
    auto r = ask(mailbox);
    while (r.how == how::postponed && r.wait == 0)
      r = ask(mailbox);
    return r;
  }

  std::vector<endpoint> endpoints(kind k = kind::new_message) const {
    return channel_->endpoints({id_, &profile_, {}, notes_, wall}, k);
  }
  reason usable(kind k = kind::new_message) const {
    return channel_->usable("email", {id_, &profile_, {}, notes_, wall}, k);
  }
  void note(address_note::mark mark, const std::string& value, millis until = 0) {
    address_note n{channel_kind::email, "email", mark};
    n.value = value;
    n.until = until;
    notes_.push_back(n);
  }

  ~EmailChannel() override { std::filesystem::remove(ca_file_); }

  const std::string ca_file_ =
      (std::filesystem::temp_directory_path() / ("belfry-mail-" + std::to_string(::getpid()) + ".pem")).string();
  std::string text_ = "hello";
  options o_;
  std::optional<smtp_server> server_;
  std::shared_ptr<channel> channel_;
  person_id id_ = "ben";
  person_profile profile_;
  std::vector<address_note> notes_;
};

TEST_F(EmailChannel, ReadsEveryAnswerOfTheServer) {
  start();
  struct row {
    std::string mailbox;
    what verdict;
    reason why;
    int status;
    bool sound, suppressed;
    std::string alarm;
  };
  const std::vector<row> rows{
      {"ben@x.test", what::accepted, reason::sent, 250, false, false, ""},
      {"mail-251-2.0.0@x.test", what::accepted, reason::sent, 251, false, false, ""},
      {"greylist-1@x.test", what::again, reason::provider_refused, 450, true, false, ""},
      {"rcpt-450-4.2.1@x.test", what::again, reason::provider_refused, 450, true, false, ""},
      {"rcpt-552-5.2.2@x.test", what::again, reason::provider_refused, 552, true, false, ""},
      {"drop-data@x.test", what::again, reason::connection_failed, 0, false, false, ""},
      {"rcpt-550-5.1.1@x.test", what::gone, reason::address_dead, 550, false, true, ""},
      {"rcpt-550-5.7.1@x.test", what::refused, reason::provider_refused, 550, false, false, "sender_refused"},
      {"mail-554-5.6.0@x.test", what::refused, reason::provider_refused, 554, false, false, ""},
  };
  for (const auto& x : rows) {
    auto r = send(x.mailbox);
    EXPECT_EQ(r.how, how::made) << x.mailbox;
    EXPECT_EQ(r.answer.what, x.verdict) << x.mailbox;
    EXPECT_EQ(r.answer.why, x.why) << x.mailbox;
    EXPECT_EQ(r.answer.status, x.status) << x.mailbox;
    EXPECT_EQ(r.answer.endpoint_healthy, x.sound) << x.mailbox;
    EXPECT_EQ(r.address.what == address_news::verdict::suppressed, x.suppressed) << x.mailbox;
    EXPECT_EQ(r.alarm, x.alarm) << x.mailbox;
  }
}

TEST_F(EmailChannel, SuspectsTheConfigurationWhenBareRefusalsDoNotEnd) {
  start();
  auto suppressed = [](const attempt_result& r) { return r.address.what == address_news::verdict::suppressed; };
  for (int i = 0; i < 5; ++i)
    EXPECT_TRUE(suppressed(send("rcpt-550@x.test"))) << i;
  auto r = send("rcpt-550@x.test");
  EXPECT_FALSE(suppressed(r));
  EXPECT_EQ(r.answer.what, what::refused);
  EXPECT_EQ(r.alarm, "configuration_suspected");
  EXPECT_TRUE(suppressed(send("rcpt-550-5.1.1@x.test"))) << "that is said in so many words";
  EXPECT_EQ(send("ben@x.test").answer.what, what::accepted);
  EXPECT_TRUE(suppressed(send("rcpt-550@x.test"))) << "mail is taken after all";
}

TEST_F(EmailChannel, SuppressesForThirtyDaysTheVeryAddress) {
  start();
  auto r = send("rcpt-550-5.1.1@x.test");
  EXPECT_EQ(r.address.value, "rcpt-550-5.1.1@x.test");
  EXPECT_EQ(r.address.code, "5.1.1");
  EXPECT_EQ(r.address.lasts, 30LL * 24 * 3600 * 1000);
}

TEST_F(EmailChannel, SendsWhatIsTooBigOnceMoreWithLess) {
  smtp_server_settings s;
  s.size_max = 8'000;
  text_.assign(10'000, 'x');
  start(std::move(s));
  EXPECT_EQ(send("ben@x.test").answer.what, what::accepted);
  ASSERT_EQ(server_->count(), 1U);
  EXPECT_EQ(server_->mails()[0].content.find("text/html"), std::string::npos);
  // No bound of size, and it does not help: once is enough.
  EXPECT_EQ(send("mail-552-5.3.4@x.test").answer.what, what::refused);
}

TEST_F(EmailChannel, AsksBeforeASecondMailWhetherItIsStillWanted) {
  smtp_server_settings s;
  s.size_max = 8'000;
  text_.assign(10'000, 'x');
  start(std::move(s));
  auto r = ask("ben@x.test");
  EXPECT_EQ(r.how, how::postponed);
  EXPECT_EQ(r.wait, 0);
  ASSERT_EQ(r.earlier.size(), 1U);
  EXPECT_EQ(r.earlier[0].status, 552);
  EXPECT_EQ(server_->count(), 0U);
  EXPECT_EQ(ask("ben@x.test").answer.what, what::accepted) << "that it was too big is remembered";
}

TEST_F(EmailChannel, AsksAgainAfterAGoodbyeButOnce) {
  smtp_server_settings s;
  s.greetings_refused = 9;
  start(std::move(s));
  auto r = ask("ben@x.test");
  EXPECT_EQ(r.how, how::postponed);
  EXPECT_EQ(r.wait, 0);
  ASSERT_EQ(r.earlier.size(), 1U);
  EXPECT_EQ(r.earlier[0].status, 421);
  r = ask("ben@x.test");
  EXPECT_EQ(r.how, how::made);
  EXPECT_EQ(r.answer.what, what::again);
  EXPECT_TRUE(r.earlier.empty());
}

TEST_F(EmailChannel, TakesThePasswordAndNothingElseOfAnotherConfiguration) {
  start();
  auto other = o_;
  other.email.smtp_host = "mail.invalid";
  other.email.smtp_port = 1;
  other.email.tls = smtp_tls::tls;
  other.email.smtp_user = "somebody";
  other.outbound.proxy_url.value = "http://127.0.0.1:1";
  EXPECT_TRUE(channel_->reload(other));
  EXPECT_EQ(send("ben@x.test").answer.what, what::accepted);
}

TEST_F(EmailChannel, MailsToQuotedNames) {
  start();
  EXPECT_EQ(send("\"a b\"@x.test").answer.what, what::accepted);
  ASSERT_EQ(server_->mails().size(), 1U);
  EXPECT_EQ(server_->mails()[0].to, "\"a b\"@x.test");
  EXPECT_EQ(server_->violations(), std::vector<std::string>{});
}

TEST_F(EmailChannel, HoldsTheLaneWhenTheServerDoesNotLetItIn) {
  smtp_server_settings s;
  s.security = test::smtp_security::starttls;
  s.tls = test::make_certificate({"127.0.0.1"});
  s.user = "chat";
  s.password = "right";
  start(std::move(s), "chat");
  auto r = send("ben@x.test");
  EXPECT_EQ(r.how, how::postponed);
  EXPECT_EQ(r.hold, probe_interval);
  EXPECT_EQ(r.wait, 1'000);
  EXPECT_EQ(r.alarm, "credentials_refused");
  EXPECT_EQ(r.subject, "127.0.0.1");
  // SIGHUP with the right password.
  EXPECT_TRUE(*channel_->reload(o_)) << "what was wrong may have been the server's side";
  o_.email.smtp_password = secret{"right"};
  EXPECT_TRUE(*channel_->reload(o_));
  EXPECT_EQ(send("ben@x.test").answer.what, what::accepted);
}

TEST_F(EmailChannel, WaitsTwoMinutesBeforeItTriesAgain) {
  start();
  EXPECT_EQ(channel_->policy().retry.first, 120'000);
}

TEST_F(EmailChannel, MailsToInternationalAddresses) {
  start();
  EXPECT_EQ(send("j\u00fcrg@b\u00fccher.test").answer.what, what::accepted);
  ASSERT_EQ(server_->mails().size(), 1U);
  EXPECT_EQ(server_->mails()[0].to, "j\u00fcrg@xn--bcher-kva.test");
  EXPECT_EQ(server_->violations(), std::vector<std::string>{});
}

TEST_F(EmailChannel, CannotMailWhatIsNoAddress) {
  start();
  auto r = send("not an address");
  EXPECT_EQ(r.how, how::impossible);
  EXPECT_EQ(r.answer.why, reason::no_address);
}

TEST_F(EmailChannel, AnswersWhatIsUnderWayWhenItEnds) {
  start();
  auto open = begin("slow-60000@x.test");
  ASSERT_TRUE(server_->wait_for(1, std::chrono::seconds{10}));
  channel_.reset();
  EXPECT_EQ(open.get().how, how::interrupted);
}

TEST_F(EmailChannel, TakesThreeKinds) {
  start();
  int taken = 0;
  for (int k = 0; k < kind_count; ++k)
    taken += channel_->takes(static_cast<kind>(k)) ? 1 : 0;
  EXPECT_EQ(taken, 3);
  profile_.email = "ben@x.test";
  EXPECT_EQ(endpoints().size(), 1U);
  EXPECT_TRUE(endpoints(kind::read_message).empty());
}

TEST_F(EmailChannel, NeedsAMailbox) {
  start();
  EXPECT_TRUE(endpoints().empty());
  EXPECT_EQ(usable(), reason::no_address);
  profile_.email = "nobody";
  EXPECT_TRUE(endpoints().empty());
}

TEST_F(EmailChannel, LeavesASuppressedMailboxAloneUntilThenOrAnotherOneComes) {
  start();
  profile_.email = "ben@x.test";
  note(address_note::mark::suppressed, "ben@x.test", wall + 1);
  EXPECT_TRUE(endpoints().empty());
  EXPECT_EQ(usable(), reason::address_suppressed);
  profile_.email = "ben@y.test";
  EXPECT_EQ(endpoints().size(), 1U);
  profile_.email = "ben@x.test";
  notes_.back().until = wall;
  EXPECT_EQ(usable(), reason::none);
}

TEST_F(EmailChannel, LeavesOutTheKindThatItsOwnerDeclined) {
  start();
  profile_.email = "ben@x.test";
  note(address_note::mark::declined, "");
  EXPECT_TRUE(endpoints(kind::new_message).empty());
  EXPECT_EQ(endpoints(kind::missed_call).size(), 1U);
}

} // namespace
} // namespace belfry::io::email

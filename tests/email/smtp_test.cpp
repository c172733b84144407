#include "belfry/io/email/smtp_pool.hpp"
#include "belfry/tests/support/providers/smtp_server.hpp"

#include <gtest/gtest.h>

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <future>
#include <optional>

namespace belfry::io::email {
namespace {

using namespace std::chrono_literals;
using test::smtp_security;
using test::smtp_server;
using test::smtp_server_settings;

/// A server and one session to it.
class SmtpSession : public testing::Test {
protected:
  void start(smtp_server_settings s = {}) {
    if (s.security != smtp_security::none && !s.tls)
      s.tls = test::make_certificate({"localhost", "127.0.0.1"});
    settings_.tls = s.security == smtp_security::none       ? smtp_tls::none
                    : s.security == smtp_security::starttls ? smtp_tls::starttls
                                                            : smtp_tls::tls;
    if (s.tls)
      trust(s.tls->chain);
    server_.emplace(std::move(s));
    settings_.host = "127.0.0.1";
    settings_.port = server_->port();
    settings_.client_name = "belfry.test";
    settings_.timeout = 10s;
  }

  void trust(const std::string& pem) {
    auto path = std::filesystem::temp_directory_path() / ("belfry-ca-" + std::to_string(::getpid()) + ".pem");
    std::ofstream{path} << pem;
    auto loaded = extra_trust::load(path.string());
    ASSERT_TRUE(loaded);
    trust_ = std::move(*loaded);
    std::filesystem::remove(path);
  }

  smtp_session& session() {
    if (!session_)
      session_.emplace(settings_, trust_, stopping_);
    return *session_;
  }

  smtp_result send(const std::string& to, const std::string& content = "Subject: x\r\n\r\nHello\r\n") {
    return session().send({"chat@bank.test", to, content});
  }

  void TearDown() override {
    session_.reset();
    if (server_) {
      EXPECT_EQ(server_->violations(), std::vector<std::string>{});
    }
  }

  smtp_settings settings_;
  extra_trust trust_;
  std::atomic<bool> stopping_{false};
  std::optional<smtp_server> server_;
  std::optional<smtp_session> session_;
};

TEST_F(SmtpSession, DeliversTheVeryBytes) {
  start();
  const std::string content = "Subject: x\r\n\r\n.\r\n..\r\n.dot\r\nend\r\n";
  auto r = send("ada@example.test", content);
  EXPECT_EQ(r.what, verdict::accepted);
  EXPECT_EQ(r.status, 250);
  EXPECT_EQ(r.answer, "2.0.0");
  ASSERT_EQ(server_->mails().size(), 1U);
  EXPECT_EQ(server_->mails()[0].content, content);
  EXPECT_EQ(server_->mails()[0].from, "chat@bank.test");
  EXPECT_EQ(server_->mails()[0].to, "ada@example.test");
}

TEST_F(SmtpSession, KeepsItsConnectionUpToABound) {
  start();
  settings_.mails_per_connection_max = 5;
  for (int i = 0; i < 12; ++i)
    EXPECT_EQ(send("ada@example.test").what, verdict::accepted);
  EXPECT_EQ(server_->connections(), 3U);
}

TEST_F(SmtpSession, SpeaksStartTls) {
  smtp_server_settings s;
  s.security = smtp_security::starttls;
  start(s);
  EXPECT_EQ(send("ada@example.test").what, verdict::accepted);
  EXPECT_TRUE(server_->mails().at(0).secure);
}

TEST_F(SmtpSession, SpeaksImplicitTls) {
  smtp_server_settings s;
  s.security = smtp_security::implicit;
  start(s);
  EXPECT_EQ(send("ada@example.test").what, verdict::accepted);
  EXPECT_TRUE(server_->mails().at(0).secure);
}

TEST_F(SmtpSession, RefusesAServerThatDoesNotOfferStartTls) {
  start();
  settings_.tls = smtp_tls::starttls;
  auto r = send("ada@example.test");
  EXPECT_EQ(r.what, verdict::again);
  EXPECT_EQ(r.answer, "tls_failed");
  EXPECT_EQ(r.status, 0) << "so that the delivery says it too";
  EXPECT_EQ(server_->count(), 0U);
}

TEST_F(SmtpSession, RefusesACertificateNobodyVouchesFor) {
  smtp_server_settings s;
  s.security = smtp_security::starttls;
  start(s);
  trust_ = {};
  auto r = send("ada@example.test");
  EXPECT_EQ(r.what, verdict::again);
  EXPECT_EQ(r.answer, "tls_failed");
  EXPECT_EQ(server_->count(), 0U);
}

TEST_F(SmtpSession, RefusesACertificateOfAnotherHost) {
  smtp_server_settings s;
  s.security = smtp_security::starttls;
  s.tls = test::make_certificate({"elsewhere.test"});
  start(s);
  EXPECT_EQ(send("ada@example.test").answer, "tls_failed");
}

TEST_F(SmtpSession, SignsInOverTls) {
  smtp_server_settings s;
  s.security = smtp_security::starttls;
  s.user = "chat";
  s.password = "pa55";
  start(s);
  settings_.user = "chat";
  settings_.password.value = "pa55";
  EXPECT_EQ(send("ada@example.test").what, verdict::accepted);
  EXPECT_EQ(server_->mails().at(0).user, "chat");
}

TEST_F(SmtpSession, TellsAWrongPasswordFromABadAddress) {
  smtp_server_settings s;
  s.security = smtp_security::starttls;
  s.user = "chat";
  s.password = "pa55";
  start(s);
  settings_.user = "chat";
  settings_.password.value = "wrong";
  auto r = send("ada@example.test");
  EXPECT_EQ(r.what, verdict::not_authorized);
  EXPECT_EQ(r.status, 535);
}

TEST_F(SmtpSession, NeverSignsInWithoutTls) {
  smtp_server_settings s;
  s.user = "chat";
  start(s);
  settings_.user = "chat";
  settings_.password.value = "pa55";
  EXPECT_EQ(send("ada@example.test").what, verdict::not_authorized);
}

TEST_F(SmtpSession, ReadsRefusalsOfTheRecipient) {
  start();
  auto r = send("rcpt-550-5.1.1@example.test");
  EXPECT_EQ(r.what, verdict::address_bad);
  EXPECT_EQ(r.status, 550);
  EXPECT_EQ(r.answer, "5.1.1");
  EXPECT_EQ(send("rcpt-450-4.2.0@example.test").what, verdict::again);
  EXPECT_EQ(send("rcpt-listed@example.test").what, verdict::sender_refused) << "all lines count";
  EXPECT_EQ(send("ada@example.test").what, verdict::accepted);
}

TEST_F(SmtpSession, ReadsRefusalsOfTheContent) {
  start();
  auto r = send("mail-554-5.7.1@example.test");
  EXPECT_EQ(r.what, verdict::sender_refused);
  EXPECT_EQ(r.status, 554);
  EXPECT_EQ(send("mail-552-5.3.4@example.test").what, verdict::too_big);
  EXPECT_EQ(send("mail-451-4.3.0@example.test").what, verdict::again);
}

TEST_F(SmtpSession, RepeatsNoMailWhoseReplyWasLost) {
  start();
  EXPECT_EQ(send("ada@example.test").what, verdict::accepted);
  auto r = send("drop-data@example.test");
  EXPECT_EQ(r.what, verdict::again);
  EXPECT_EQ(r.status, 0);
  EXPECT_EQ(r.answer, "connection_failed");
  EXPECT_EQ(server_->count(), 2U);
}

TEST_F(SmtpSession, ReplacesAKeptConnectionThatTheServerEnds) {
  smtp_server_settings s;
  s.mails_per_connection = 2;
  start(s);
  for (int i = 0; i < 5; ++i)
    EXPECT_EQ(send("ada@example.test").what, verdict::accepted) << i;
  EXPECT_EQ(server_->connections(), 3U);
}

TEST_F(SmtpSession, GivesUpOnAServerThatDoesNotAnswer) {
  start();
  settings_.timeout = 200ms;
  auto r = send("slow-3000@example.test");
  EXPECT_EQ(r.what, verdict::again);
  EXPECT_EQ(r.answer, "timeout");
}

TEST_F(SmtpSession, SaysWhenNobodyListens) {
  start();
  server_.reset();
  auto r = send("ada@example.test");
  EXPECT_EQ(r.what, verdict::again);
  EXPECT_EQ(r.answer, "connection_failed");
}

TEST_F(SmtpSession, SendsInternationalAddressesWhereTheServerTakesThem) {
  start();
  EXPECT_EQ(send("j\xC3\xBCrg@example.test").what, verdict::accepted);
  EXPECT_EQ(server_->mails().at(0).to, "j\xC3\xBCrg@example.test");
}

TEST_F(SmtpSession, AsksNoServerForAnAddressThatItCannotRead) {
  smtp_server_settings s;
  s.smtputf8 = false;
  start(s);
  for (int i = 0; i < 2; ++i) {
    auto r = send("j\xC3\xBCrg@example.test");
    EXPECT_EQ(r.what, verdict::refused);
    EXPECT_EQ(r.answer, "no_smtputf8");
    EXPECT_EQ(send("ada@example.test").what, verdict::accepted);
  }
  EXPECT_EQ(server_->mails().size(), 2U);
}

TEST_F(SmtpSession, PoolSendsOverSeveralConnectionsAndAnswersEachMailOnce) {
  start();
  constexpr int mails = 300;
  std::atomic<int> accepted{0};
  std::promise<void> all;
  {
    smtp_pool pool{settings_, {}, 4};
    for (int i = 0; i < mails; ++i)
      pool.send({"chat@bank.test", "ada@example.test", "Subject: x\r\n\r\nHello\r\n"}, false, [&](smtp_result r) {
        EXPECT_EQ(r.what, verdict::accepted);
        if (++accepted == mails)
          all.set_value();
      });
    ASSERT_EQ(all.get_future().wait_for(20s), std::future_status::ready);
  }
  EXPECT_EQ(server_->count(), static_cast<std::uint64_t>(mails));
  EXPECT_LE(server_->connections(), 4U);
}

TEST_F(SmtpSession, PoolOpensNoMoreConnectionsThanItNeeds) {
  start();
  smtp_pool pool{settings_, {}, 8};
  for (int i = 0; i < 20; ++i) {
    std::promise<void> answered;
    pool.send({"chat@bank.test", "ada@example.test", "Subject: x\r\n\r\nHello\r\n"}, false,
              [&](const smtp_result&) { answered.set_value(); });
    answered.get_future().wait();
  }
  // Those that answered may not be free yet when the next mail comes.
  EXPECT_LE(server_->connections(), 4U);
}

TEST_F(SmtpSession, PoolKeepsConnectionsForUrgentMails) {
  start();
  smtp_pool pool{settings_, {}, 1, 1};
  std::atomic<int> slow{0};
  for (int i = 0; i < 2; ++i)
    pool.send({"chat@bank.test", "slow-3000@example.test", "Subject: x\r\n\r\nHello\r\n"}, false,
              [&](const smtp_result&) { ++slow; });
  ASSERT_TRUE(server_->wait_for(1, 10s));
  std::promise<verdict> answered;
  pool.send({"chat@bank.test", "ada@example.test", "Subject: x\r\n\r\nHello\r\n"}, true,
            [&](const smtp_result& r) { answered.set_value(r.what); });
  EXPECT_EQ(answered.get_future().get(), verdict::accepted);
  EXPECT_EQ(slow, 0);
}

TEST_F(SmtpSession, PoolDoesNotSendWhatWaitedTooLongForAConnection) {
  start();
  std::promise<verdict> first, second;
  smtp_pool pool{settings_, {}, 1};
  pool.send({"chat@bank.test", "slow-1200@example.test", "Subject: x\r\n\r\nHello\r\n"}, false,
            [&](const smtp_result& r) { first.set_value(r.what); });
  ASSERT_TRUE(server_->wait_for(1, 10s));
  pool.send({"chat@bank.test", "ada@example.test", "Subject: x\r\n\r\nHello\r\n"}, false,
            [&](const smtp_result& r) { second.set_value(r.what); });
  EXPECT_EQ(first.get_future().get(), verdict::accepted);
  EXPECT_EQ(second.get_future().get(), verdict::not_begun);
  EXPECT_EQ(server_->count(), 1U);
}

TEST_F(SmtpSession, AGoodbyeInsteadOfAGreetingIsAReconnect) {
  smtp_server_settings s;
  s.greetings_refused = 1;
  start(std::move(s));
  const auto r = send("ada@example.test");
  EXPECT_EQ(r.what, verdict::reconnect);
  EXPECT_EQ(r.status, 421);
  EXPECT_EQ(send("ada@example.test").what, verdict::accepted);
}

TEST_F(SmtpSession, PoolAnswersWhatItCannotSendWhenItEnds) {
  start();
  std::atomic<int> answered{0};
  {
    smtp_pool pool{settings_, {}, 1};
    for (int i = 0; i < 10; ++i)
      pool.send({"chat@bank.test", "slow-5000@example.test", "Subject: x\r\n\r\nHello\r\n"}, false,
                [&](smtp_result) { ++answered; });
    ASSERT_TRUE(server_->wait_for(1, 10s));
  }
  EXPECT_EQ(answered, 10);
}

} // namespace
} // namespace belfry::io::email

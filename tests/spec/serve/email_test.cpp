#include "belfry/tests/support/providers/smtp_server.hpp"
#include "belfry/tests/support/server/serve_fixture.hpp"

#include <algorithm>

using namespace belfry::test;
using namespace belfry::test::event;
using namespace std::chrono_literals;

namespace {

/// SPEC 9 from outside: `belfry serve` beside a strict mail server.
class Email : public serve_fixture {
protected:
  Email() {
    set("email.enabled", "true");
    set("email.from", "Bank <chat@bank.test>");
    set("email.smtp.host", "127.0.0.1");
    set("email.smtp.port", std::to_string(server_.port()));
    set("email.smtp.tls", "none");
    set("http.publicUrl", "https://push.bank.test");
  }
  ~Email() override { EXPECT_EQ(server_.violations(), std::vector<std::string>{}); }

  void has_mailbox(const std::string& address, const std::string& person = "ben") {
    auto r = api_->put("/v1/persons/" + person, {{"type", "VISITOR"}, {"displayName", person}, {"email", address}});
    ASSERT_LE(r.status, 201) << r.body;
  }
  void begin(const std::string& address) {
    serve();
    has_mailbox(address);
    start_pair();
  }
  /// The mail delivery of the one notification that the query finds.
  json delivery(const std::string& query = "kind=new_message") {
    for (const auto& item : traces("person=ben&" + query)) {
      for (const auto& d : item["deliveries"]) {
        if (d["channel"] == "EMAIL")
          return d;
      }
    }
    return {};
  }
  bool wait_delivery(const std::string& state) {
    return wait_answer("/v1/notifications?person=ben&kind=new_message", [&](const json&) {
      auto d = delivery();
      return d.is_object() && d.value("state", "") == state;
    });
  }
  std::size_t suppressed() { return api_->get("/v1/persons/ben/email-suppression").status == 200 ? 1 : 0; }
  /// The path of the address to unsubscribe at in a mail.
  static std::string unsubscribe_path(const std::string& content) {
    auto flat = content;
    for (auto at = flat.find("\r\n "); at != flat.npos; at = flat.find("\r\n "))
      flat.erase(at, 3);
    auto from = flat.find("https://push.bank.test");
    auto begin = flat.find("/v1/unsubscribe/", from);
    return begin == flat.npos ? "" : flat.substr(begin, flat.find('>', begin) - begin);
  }

  smtp_server server_;
};

} // namespace

TEST_F(Email, TellsWhoHasAnAddressAndShowsItInTheTrace) {
  begin("ben@example.test");
  accept(sent("c1", "m1", "anna"));
  ASSERT_TRUE(server_.wait_for(1, limit));
  auto mail = server_.mails()[0];
  EXPECT_EQ(mail.from, "chat@bank.test");
  EXPECT_EQ(mail.to, "ben@example.test");
  ASSERT_TRUE(wait_delivery("ACCEPTED"));
  auto d = delivery();
  EXPECT_EQ(d["target"], "email");
  EXPECT_EQ(d["attempts"][0]["status"], 250);
}

TEST_F(Email, TellsNobodyWithoutAnAddress) {
  begin("ben@example.test");
  has_mailbox("carl@example.test", "anna");
  ASSERT_EQ(api_->put("/v1/persons/ben", {{"type", "VISITOR"}, {"displayName", "ben"}}).status, 200);
  accept(sent("c1", "m1", "anna"));
  ASSERT_TRUE(
      wait_answer("/v1/notifications?person=ben&state=NOT_SENT", [](const json& v) { return v["items"].size() == 1; }));
  EXPECT_EQ(reason_of("person=ben"), "no_address");
  EXPECT_EQ(server_.count(), 0U);
}

TEST_F(Email, WaitsItsOwnDelayAndIsSparedByReading) {
  set("email.delay", "2s");
  begin("ben@example.test");
  accept(sent("c1", "m1", "anna"));
  ASSERT_TRUE(wait_delivery("QUEUED"));
  accept(read("c1", "ben"));
  ASSERT_TRUE(wait_delivery("CANCELLED"));
  EXPECT_EQ(delivery()["reason"], "read_before_due");
  EXPECT_EQ(server_.count(), 0U);
}

TEST_F(Email, LeavesAMailboxAloneThatDoesNotExistUntilTheAddressChanges) {
  begin("rcpt-550-5.1.1@example.test");
  accept(sent("c1", "m1", "anna"));
  ASSERT_TRUE(wait_delivery("ADDRESS_GONE"));
  EXPECT_EQ(delivery()["attempts"][0]["answer"], "5.1.1");
  auto shown = api_->get("/v1/persons/ben/email-suppression");
  ASSERT_EQ(shown.status, 200) << shown.body;
  auto view = json::parse(shown.body);
  EXPECT_EQ(view["reason"], "5.1.1");
  EXPECT_EQ(view["until"].get<std::int64_t>() - view["since"].get<std::int64_t>(), 30LL * 24 * 3600 * 1000);
  kill();
  serve();
  EXPECT_EQ(suppressed(), 1U);
  has_mailbox("ben@example.test");
  EXPECT_EQ(suppressed(), 0U);
  accept(read("c1", "ben"));
  accept(sent("c1", "m2", "anna"));
  EXPECT_TRUE(server_.wait_for(1, limit));
}

TEST_F(Email, GoesToASuppressedMailboxAgainAfterDelete) {
  begin("rcpt-550-5.1.1@example.test");
  accept(sent("c1", "m1", "anna"));
  ASSERT_TRUE(wait_delivery("ADDRESS_GONE"));
  EXPECT_EQ(api_->remove("/v1/persons/ben/email-suppression").status, 204);
  EXPECT_EQ(api_->get("/v1/persons/ben/email-suppression").status, 404);
  EXPECT_EQ(api_->remove("/v1/persons/ben/email-suppression").status, 204);
}

TEST_F(Email, NeverSuppressesForTroubleOfTheSender) {
  begin("mail-550-5.7.1@example.test");
  accept(sent("c1", "m1", "anna"));
  ASSERT_TRUE(wait_delivery("REFUSED"));
  EXPECT_EQ(suppressed(), 0U);
  EXPECT_NE(api_->get("/metrics").body.find(R"(belfry_alarms_total{channel="EMAIL",reason="sender_refused"} 1)"),
            std::string::npos);
}

TEST_F(Email, IsUnsubscribedFromAlsoByWhomHasTheLongestId) {
  const std::string id(128, 'b');
  serve();
  has_mailbox("ben@example.test", id);
  accept(
      event::started("c1", {event::participant("anna", "ASSIGNED_AGENT"), event::participant(id, "CONTEXT_PERSON")}));
  accept(sent("c1", "m1", "anna"));
  ASSERT_TRUE(server_.wait_for(1, limit));
  auto path = unsubscribe_path(server_.mails()[0].content);
  // The page's own form: a browser says where it comes from.
  auto done = api_->send("POST", path, "", {{"Origin", *process_->wait_for_url(1s)}});
  EXPECT_EQ(done.status, 200) << done.body;
  EXPECT_EQ(api_->get("/v1/persons/" + id + "/email-suppression").status, 200);
  EXPECT_EQ(api_->get(path).header("referrer-policy"), "same-origin") << "else the form's Origin is null";
}

TEST_F(Email, IsUnsubscribedFromByOneClick) {
  begin("ben@example.test");
  accept(sent("c1", "m1", "anna"));
  ASSERT_TRUE(server_.wait_for(1, limit));
  auto path = unsubscribe_path(server_.mails()[0].content);
  ASSERT_NE(path, "") << server_.mails()[0].content;
  auto page = api_->get(path);
  EXPECT_EQ(page.status, 200);
  EXPECT_NE(page.body.find("<button>"), std::string::npos);
  EXPECT_EQ(api_->get("/v1/persons/ben/email-suppression").status, 404) << "scanners follow links: a look ends nothing";
  kill();
  serve();
  auto done =
      api_->send("POST", path, "List-Unsubscribe=One-Click", {{"Content-Type", "application/x-www-form-urlencoded"}});
  EXPECT_EQ(done.status, 200) << done.body;
  EXPECT_EQ(api_->get("/v1/unsubscribe/nonsense").status, 404);
  auto shown = json::parse(api_->get("/v1/persons/ben/email-suppression").body);
  EXPECT_EQ(shown.value("reason", ""), "unsubscribed");
  EXPECT_FALSE(shown.contains("until")) << "for good";
  kill();
  serve();
  accept(read("c1", "ben"));
  accept(sent("c1", "m2", "anna"));
  ASSERT_TRUE(wait_answer("/v1/notifications?person=ben&message=m2", [](const json& v) {
    return v["items"].size() == 1 && v["items"][0].value("state", "") == "NOT_SENT";
  }));
  EXPECT_EQ(server_.count(), 1U);
}

TEST_F(Email, IsSentAgainWithTheSameMessageIdAfterAKill) {
  begin("slow-3000@example.test");
  accept(sent("c1", "m1", "anna"));
  ASSERT_TRUE(server_.wait_for(1, limit));
  kill();
  serve();
  ASSERT_TRUE(server_.wait_for(2, limit));
  auto id_of = [](const std::string& content) {
    auto begin = content.find("Message-I");
    return content.substr(begin, content.find("\r\n", begin) - begin);
  };
  auto mails = server_.mails();
  EXPECT_EQ(id_of(mails[0].content), id_of(mails[1].content));
}

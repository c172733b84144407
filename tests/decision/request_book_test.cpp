#include "belfry/actors/decision/request_book.hpp"

#include <gtest/gtest.h>

namespace belfry::test {

namespace {

using lines = std::vector<std::string>;

/// "ben inbound_request i1"
lines read(const std::vector<request_notice>& notices) {
  lines out;
  for (const auto& x : notices)
    out.push_back(x.to + " " + std::string{to_string(x.kind)} + " " + x.content.invitation);
  return out;
}

request_offered request(const invitation_id& id, const person_id& agent) {
  request_offered e;
  e.invitation = id;
  e.agent = agent;
  return e;
}

request_offered queue_request(const invitation_id& id) {
  request_offered e;
  e.invitation = id;
  e.team = "support";
  return e;
}

deputy_delegated delegation(const invitation_id& id, std::vector<person_id> deputies) {
  deputy_delegated e;
  e.invitation = id;
  e.deputies = std::move(deputies);
  e.primary_agent = "paul";
  return e;
}

std::string row_of(const request_book& b) {
  binary_writer out;
  b.encode(out);
  return out.take();
}

bool load(const std::string& row, request_book& b) {
  binary_reader in{row};
  return b.decode(in) && in.at_end();
}

TEST(AgentRequest, TellsTheAgent) {
  request_book book;
  auto e = request("i1", "ben");
  e.context_person = "anna";
  e.engagement_type = "CHAT_REQUEST";
  e.start_url = "https://example.org/";
  auto told = book.offered(e);
  EXPECT_EQ(read(told), lines{"ben inbound_request i1"});
  EXPECT_EQ(told[0].content.context_person, "anna");
  EXPECT_EQ(told[0].content.primary_agent, std::nullopt);
  EXPECT_EQ(told[0].content.engagement_type, "CHAT_REQUEST");
  EXPECT_EQ(told[0].content.start_url, "https://example.org/");
}

TEST(AgentRequest, ForATeamTellsNobodyThenOrLater) {
  request_book book;
  EXPECT_EQ(read(book.offered(queue_request("i1"))), lines{});
  EXPECT_EQ(book.size(), 1u);
  EXPECT_EQ(read(book.closed("i1")), lines{});
  EXPECT_EQ(book.size(), 0u);
}

TEST(AgentRequest, ClosedIsRevokedOnce) {
  request_book book;
  auto told = book.offered(request("i1", "ben"));
  auto revoked = book.closed("i1");
  EXPECT_EQ(read(revoked), lines{"ben revoke_inbound_request i1"});
  EXPECT_EQ(cause_of(revoked[0]), cause_of(told[0]));
  EXPECT_EQ(read(book.closed("i1")), lines{});
}

TEST(AgentRequest, OfferedTwiceTellsOnce) {
  request_book book;
  book.offered(request("i1", "ben"));
  EXPECT_EQ(read(book.offered(request("i1", "ben"))), lines{});
  EXPECT_EQ(book.size(), 1u);
}

TEST(AgentRequest, HasAnotherCauseWhenItsIdIsUsedAgainLongAfter) {
  request_book book;
  auto first = book.offered(request("i1", "ben"));
  book.closed("i1");
  auto second = book.offered(request("i1", "ben"));
  EXPECT_NE(cause_of(first[0]), cause_of(second[0]));
}

TEST(Deputies, AreToldOnceEach) {
  request_book book;
  auto told = book.delegated(delegation("i1", {"dora", "eric", "dora"}));
  EXPECT_EQ(read(told), (lines{"dora deputy_delegation i1", "eric deputy_delegation i1"}));
  EXPECT_EQ(told[0].content.primary_agent, "paul");
}

TEST(Deputies, AreAllRevokedWhoeverClosedIt) {
  request_book book;
  book.delegated(delegation("i1", {"dora", "eric"}));
  EXPECT_EQ(read(book.closed("i1")), (lines{"dora revoke_deputy_delegation i1", "eric revoke_deputy_delegation i1"}));
}

TEST(AgentRequest, AndADelegationWithItsIdAreClosedTogether) {
  request_book book;
  book.offered(request("i1", "ben"));
  EXPECT_EQ(read(book.delegated(delegation("i1", {"dora"}))), lines{"dora deputy_delegation i1"});
  EXPECT_EQ(read(book.delegated(delegation("i1", {"eric"}))), lines{});
  book.offered(request("i2", "ben"));
  EXPECT_EQ(read(book.closed("i1")), (lines{"ben revoke_inbound_request i1", "dora revoke_deputy_delegation i1"}));
  EXPECT_EQ(book.size(), 1u);
}

TEST(AgentRequest, IgnoresAnUnknownId) {
  request_book book;
  book.offered(request("i1", "ben"));
  EXPECT_EQ(read(book.closed("i2")), lines{});
  EXPECT_EQ(book.size(), 1u);
}

TEST(AgentRequest, IsRevokedWhenTheConversationEnds) {
  request_book book;
  book.offered(request("i2", "ben"));
  book.delegated(delegation("i1", {"dora"}));
  EXPECT_EQ(read(book.conversation_ended()),
            (lines{"ben revoke_inbound_request i2", "dora revoke_deputy_delegation i1"}));
  EXPECT_EQ(book.size(), 0u);
  EXPECT_EQ(read(book.closed("i1")), lines{});
}

TEST(AgentRequest, ClosesTheOldestWhenThereAreTooMany) {
  request_book book;
  for (std::size_t i = 0; i < open_requests_max; ++i)
    EXPECT_EQ(book.offered(request("i" + std::to_string(i), "ben")).size(), 1u);
  EXPECT_EQ(book.pushed_out(), 0u);
  EXPECT_EQ(read(book.offered(request("new", "ben"))),
            (lines{"ben revoke_inbound_request i0", "ben inbound_request new"}));
  EXPECT_EQ(book.size(), open_requests_max);
  EXPECT_EQ(book.pushed_out(), 1u);
}

TEST(RequestRow, BringsBackEverything) {
  request_book book;
  auto e = request("i1", "ben");
  e.context_person = "anna";
  e.start_url = "https://example.org/";
  book.offered(e);
  book.delegated(delegation("i1", {"dora", "eric"}));
  book.offered(queue_request("i2"));
  request_book copy;
  ASSERT_TRUE(load(row_of(book), copy));
  EXPECT_EQ(row_of(copy), row_of(book));
  auto revoked = copy.closed("i1");
  EXPECT_EQ(read(revoked), (lines{"ben revoke_inbound_request i1", "dora revoke_deputy_delegation i1",
                                  "eric revoke_deputy_delegation i1"}));
  EXPECT_EQ(revoked[0].content.context_person, "anna");
  EXPECT_EQ(copy.size(), 1u);
}

TEST(RequestRow, RefusesEveryShortenedRowAndAnotherVersion) {
  request_book book;
  book.offered(request("i1", "ben"));
  auto row = row_of(book);
  for (std::size_t n = 0; n < row.size(); ++n) {
    request_book copy;
    EXPECT_FALSE(load(row.substr(0, n), copy)) << n;
    EXPECT_EQ(copy.size(), 0u);
  }
  row[0] = 2;
  request_book copy;
  EXPECT_FALSE(load(row, copy));
}

} // namespace

} // namespace belfry::test

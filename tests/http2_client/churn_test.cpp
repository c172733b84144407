#include "client_fixture.hpp"

#include <nghttp2/nghttp2.h>

#include <cstdlib>
#include <iostream>
#include <random>

namespace belfry::io {

namespace {

constexpr int rounds = 4;
constexpr std::size_t requests = 1500;

/// What became of one request on either side.
struct fate {
  std::atomic<int> answers = 0;
  std::atomic<int> processed = 0;
  std::atomic<bool> unprocessed = false;
  std::atomic<int> status = 0;
};

/// Goes wrong in every way, but honestly: what is said to be unprocessed is.
class erratic {
public:
  erratic(std::uint64_t seed, std::vector<fate>& fates) : random_(seed), fates_(fates) {}

  test::http2_reply operator()(const test::http2_request& r) {
    auto reply = choose();
    if (reply.kind != what::refuse && reply.kind != what::go_away_before)
      ++fates_[std::stoul(r.path.substr(1))].processed;
    return reply;
  }

private:
  test::http2_reply choose() {
    test::http2_reply out;
    if (chance(50))
      out.delay = std::chrono::milliseconds(random_() % 20);
    if (chance(20))
      return kind(out, what::refuse);
    if (chance(20))
      out.code = NGHTTP2_INTERNAL_ERROR, out.kind = what::reset;
    else if (chance(20))
      out.kind = what::hang;
    else if (chance(5))
      out.kind = what::go_away_before;
    else if (chance(5))
      out.kind = what::go_away_after;
    else if (chance(2))
      out.kind = what::cut;
    else if (chance(1))
      out.kind = what::freeze;
    if (out.kind == what::go_away_before)
      out.delay = 0ms;
    return out;
  }

  static test::http2_reply kind(test::http2_reply reply, what k) {
    reply.kind = k;
    return reply;
  }

  bool chance(unsigned permille) { return random_() % 1000 < permille; }

  std::mt19937_64 random_;
  std::vector<fate>& fates_;
};

std::uint64_t seed() {
  const auto* given = std::getenv("BELFRY_SEED");
  const auto s = given != nullptr ? std::stoull(given) : std::random_device()();
  std::cout << "BELFRY_SEED=" << s << std::endl;
  return s;
}

TEST_F(Http2, AnswersEveryRequestOnceWhateverGoesWrong) {
  std::mt19937_64 random(seed());
  for (int round = 0; round < rounds; ++round) {
    std::vector<fate> fates(requests);
    std::atomic<std::size_t> left = requests;
    test::http2_server server(serving(erratic(random(), fates)));
    http2_settings settings;
    settings.ping_waiting = 50ms;
    settings.ping_timeout = 100ms;
    settings.streams_max = 1 + random() % 100;
    auto client = make_client(settings);
    for (std::size_t i = 0; i < requests; ++i) {
      auto request = post(server.url("/" + std::to_string(i)), std::string(random() % 3000, 'x'));
      request.timeout = std::chrono::milliseconds(random() % 10 == 0 ? random() % 20 : 3000);
      request.group = random() % 4 == 0 ? "other" : "";
      client->send(std::move(request), [&, i](http_answer a) {
        fates[i].status = a.status;
        fates[i].unprocessed = a.unprocessed;
        ++fates[i].answers;
        --left;
      });
      if (random() % 300 == 0)
        server.set_streams_max(1 + static_cast<std::uint32_t>(random() % 50));
      if (random() % 400 == 0)
        server.go_away("rolling");
      if (random() % 600 == 0)
        server.cut();
    }
    // Every other round the client goes in the middle of it all.
    if (round % 2 == 0) {
      EXPECT_TRUE(server.wait_until([&] { return left == 0; }, patience)) << left << " unanswered";
    }
    client.reset();
    EXPECT_TRUE(server.violations().empty()) << server.violations().front();
    for (std::size_t i = 0; i < requests; ++i) {
      const auto& f = fates[i];
      ASSERT_EQ(f.answers, 1) << i;
      ASSERT_LE(f.processed, 1) << i;
      ASSERT_FALSE(f.unprocessed && f.processed == 1) << i;
      ASSERT_FALSE(f.status != 0 && f.processed == 0) << i;
    }
  }
}

} // namespace

} // namespace belfry::io

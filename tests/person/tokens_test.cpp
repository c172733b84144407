// Who has a device token when many store it at once: a whole engine on a real store.
#include "belfry/engine.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <future>
#include <map>
#include <random>
#include <thread>

namespace belfry::test {

namespace {

const std::vector<person_id> people{"ben", "carl", "dora", "emil", "fay"};
const std::vector<std::string> tokens{"t1", "t2", "t3"};

class TokensOfAnEngine : public testing::Test {
protected:
  TokensOfAnEngine() {
    char name[] = "/tmp/belfry_tokens_XXXXXX";
    dir_ = mkdtemp(name);
    opts_.store.path = (dir_ / "belfry.db").string();
    // People fall asleep as soon as they may.
    opts_.limits.idle_person = std::chrono::milliseconds{1};
    start();
  }

  ~TokensOfAnEngine() override {
    engine_.reset();
    std::filesystem::remove_all(dir_);
  }

  void start() {
    engine_.reset();
    auto e = engine::start(opts_);
    ASSERT_TRUE(e) << e.error().detail;
    engine_ = std::move(*e);
  }

  /// Stores the token as a device of that name; true when that was answered well.
  std::future<bool> put(const person_id& p, const std::string& token) {
    auto out = std::make_shared<std::promise<bool>>();
    device d;
    d.id = token;
    d.push_token = token;
    engine_->put_device(p, d, [out](auto r) { out->set_value(static_cast<bool>(r)); });
    return out->get_future();
  }

  /// A client that stores tokens for anybody, a few at a time.
  void storm(unsigned seed) {
    std::mt19937 dice{seed};
    for (int i = 0; i < 150; ++i) {
      std::vector<std::future<bool>> open;
      for (auto n = 1 + dice() % 4; n > 0; --n)
        open.push_back(put(people[dice() % people.size()], tokens[dice() % tokens.size()]));
      for (auto& o : open)
        EXPECT_TRUE(o.get());
    }
  }

  /// Per token who has it, each followed by a blank.
  std::map<std::string, std::string> holders() {
    std::map<std::string, std::string> out;
    for (const auto& p : people) {
      std::promise<std::vector<device>> got;
      engine_->get_devices(p, [&](auto r) { got.set_value(r ? *r : std::vector<device>{}); });
      for (const auto& d : got.get_future().get())
        out[*d.push_token] += p + " ";
    }
    return out;
  }

  std::filesystem::path dir_;
  options opts_;
  std::unique_ptr<engine> engine_;
};

} // namespace

TEST_F(TokensOfAnEngine, HaveOnePersonEachHoweverManyStoreThemAtOnce) {
  const auto seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  for (unsigned round = 0; round < 5; ++round) {
    std::vector<std::thread> clients;
    for (unsigned i = 0; i < 3; ++i)
      clients.emplace_back([this, seed, i, round] { storm(seed + 10 * round + i); });
    for (auto& c : clients)
      c.join();
    const auto found = holders();
    ASSERT_EQ(found.size(), tokens.size());
    for (const auto& [token, who] : found)
      EXPECT_EQ(std::count(who.begin(), who.end(), ' '), 1) << token << " has " << who;
    start();
    EXPECT_EQ(holders(), found);
  }
}

} // namespace belfry::test

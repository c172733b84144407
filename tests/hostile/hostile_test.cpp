#include "belfry/tests/hostile/server_state.hpp"
#include "belfry/tests/hostile/sleepers.hpp"
#include "belfry/tests/hostile/storm.hpp"
#include "belfry/tests/support/server/serve_fixture.hpp"

#include <chrono>
#include <cstdlib>
#include <random>
#include <thread>

using namespace belfry::test;
using namespace belfry::test::hostile;

namespace {

constexpr std::size_t clients = 6;
constexpr std::size_t warm_up = 5'000;
constexpr std::size_t storm = 24'000;
constexpr std::size_t short_storm = 2'000;
/// What the server may hold more at the end than after the warm-up: what it must remember of accepted events, and the
/// habits of the allocator.
constexpr std::size_t growth_max_kib = 24 * 1024;
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool sanitized = true;
#else
constexpr bool sanitized = false;
#endif

/// BELFRY_HOSTILE_SEED, or chance.
std::uint64_t seed_of_run() {
  const auto* said = std::getenv("BELFRY_HOSTILE_SEED");
  return said != nullptr ? std::strtoull(said, nullptr, 10) : std::random_device{}();
}

/// SPEC 13 against clients that mean no good.
class Hostile : public serve_fixture {
protected:
  /// With tokens, or open.
  void start(const std::string& token) {
    std::cout << "BELFRY_HOSTILE_SEED=" << seed_ << std::endl;
    // SHA-256 of "admin".
    if (!token.empty())
      set("http.tokens", R"([{"name":"a","role":"admin",
          "sha256":"8c6976e5b5410415bde908bd4dee15dfb167a9c873fc4bb8a81f6f2ab448a918"}])");
    set("http.personTokenKey", "0123456789abcdef0123456789abcdef");
    serve();
    auto url = process_->wait_for_url(limit).value_or("");
    port_ = static_cast<unsigned short>(std::stoul(url.substr(url.rfind(':') + 1)));
    admin_ = std::make_unique<http_client>(url, token);
    server_ = only_child();
    ASSERT_GT(server_, 0);
    for (std::size_t i = 0; i < clients; ++i)
      clients_.push_back(std::make_unique<client>(seed_ + i, port_, token, found_));
    for (auto& c : clients_)
      c->begin();
  }

  /// All clients at once, until so many requests were sent; then they hang up.
  void blow(std::size_t requests) {
    std::vector<std::thread> threads;
    for (auto& c : clients_)
      threads.emplace_back([&found = found_, &c = *c, n = requests / clients] {
        try {
          c.run(n);
          c.check();
        } catch (const std::exception& e) {
          found.fault(e.what());
        }
        c.hang_up();
      });
    for (auto& t : threads)
      t.join();
  }

  /// What every storm must leave behind.
  void calm(const holdings& before) {
    auto after = settled(server_, *admin_);
    EXPECT_EQ(found_.report(), "");
    EXPECT_GT(found_.count(202), found_.requests() / 10);
    EXPECT_GT(found_.count(400), found_.requests() / 10);
    std::cout << found_.requests() << " requests; " << found_.statuses() << "; KiB " << before.resident_kib << " -> "
              << after.resident_kib << ", descriptors " << before.descriptors << " -> " << after.descriptors
              << std::endl;
    EXPECT_EQ(after.connections, 1U);
    EXPECT_LE(after.descriptors - after.connections, before.descriptors - before.connections + 2);
    if (!sanitized) {
      EXPECT_LE(after.resident_kib, before.resident_kib + growth_max_kib);
    }
    answers_and_stops();
  }

  void answers_and_stops() {
    auto begun = std::chrono::steady_clock::now();
    EXPECT_EQ(admin_->get("/readyz").status, 200);
    EXPECT_EQ(admin_->get("/v1/persons/nobody/notification-count").status, 200);
    EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::seconds{1});
    EXPECT_EQ(process_->standard_error().find("exception"), std::string::npos) << process_->standard_error();
    EXPECT_EQ(stop(), 0) << process_->standard_error();
  }

  std::uint64_t seed_ = seed_of_run();
  findings found_;
  unsigned short port_ = 0;
  pid_t server_ = -1;
  std::unique_ptr<http_client> admin_;
  std::vector<std::unique_ptr<client>> clients_;
};

} // namespace

TEST_F(Hostile, AStormOfBrokenRequestsNeitherHurtsNorCounts) {
  start("admin");
  sleepers slow{port_, "admin", found_};
  blow(warm_up);
  auto before = holdings_of(server_, *admin_);
  blow(storm);
  slow.wait();
  EXPECT_GE(found_.requests(), 20'000U);
  calm(before);
}

TEST_F(Hostile, AnOpenServerBearsAStormToo) {
  start("");
  blow(short_storm);
  auto before = holdings_of(server_, *admin_);
  blow(short_storm);
  calm(before);
}

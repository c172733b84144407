#include "belfry/tests/support/server/serve_fixture.hpp"

#include <fstream>

namespace belfry::test {

class ServeProgram : public serve_fixture {};

TEST_F(ServeProgram, TellsAWebhookAndKeepsCountsOverKillMinus9) {
  serve();
  register_sink();
  start_pair();
  accept(json::array({event::sent("c1", "m1", "ben"), event::sent("c1", "m2", "ben")}));
  ASSERT_TRUE(wait_kind("new_message", "anna"));
  kill();
  serve();
  EXPECT_EQ(counts("anna")["total"], 2);
  accept(event::sent("c1", "m3", "ben"));
  EXPECT_EQ(counts("anna")["conversations"]["c1"], 3);
}

TEST_F(ServeProgram, EndsWith3AndNamesAStoreThatIsTaken) {
  serve();
  auto second = run_program(arguments(), (dir_ / "second").string());
  EXPECT_EQ(second.code, 3);
  EXPECT_NE(second.err.find(store_path()), std::string::npos) << second.err;
  EXPECT_EQ(api_->get("/readyz").status, 200) << "the first one goes on";
}

TEST_F(ServeProgram, EndsWith3AndNamesAStoreThatIsForeign) {
  std::ofstream{store_path()} << "this is no database, but long enough to be looked at as if it were one";
  auto r = run_program(arguments(), (dir_ / "foreign").string());
  EXPECT_EQ(r.code, 3);
  EXPECT_NE(r.err.find(store_path()), std::string::npos) << r.err;
}

TEST_F(ServeProgram, EndsWith1AndNamesAnAddressThatIsTaken) {
  serve();
  auto port = std::to_string(sink_.port());
  auto r = run_program(
      {"serve", "--set", "http.listen=127.0.0.1:" + port, "--set", "store.path=" + (dir_ / "other.db").string()},
      (dir_ / "port").string());
  EXPECT_EQ(r.code, 1);
  EXPECT_NE(r.err.find("127.0.0.1:" + port), std::string::npos) << r.err;
}

TEST_F(ServeProgram, EndsWith1AndNamesAFileThatIsNotThere) {
  auto r = run_program({"serve", "--config", (dir_ / "nothing.json").string()}, (dir_ / "no-file").string());
  EXPECT_EQ(r.code, 1);
  EXPECT_NE(r.err.find("nothing.json"), std::string::npos) << r.err;
}

} // namespace belfry::test

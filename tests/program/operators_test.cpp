#include "belfry/tests/support/providers/certificate.hpp"
#include "belfry/tests/support/server/serve_fixture.hpp"

#include <csignal>
#include <fstream>
#include <sqlite3.h>

/// What operators do with the program.
namespace belfry::test {

class Operators : public serve_fixture {
protected:
  run_result run(std::vector<std::string> arguments, const std::map<std::string, std::string>& environment = {}) {
    return run_program(arguments, (dir_ / ("run" + std::to_string(runs_++))).string(), environment);
  }
  std::string write(const std::string& name, const std::string& text) {
    auto path = (dir_ / name).string();
    std::ofstream{path} << text;
    return path;
  }
  /// Waits for a line of the server's log.
  bool logged(const std::string& text) {
    auto until = std::chrono::steady_clock::now() + limit;
    while (process_->standard_error().find(text) == std::string::npos) {
      if (std::chrono::steady_clock::now() > until)
        return false;
      api_->get("/healthz");
    }
    return true;
  }

  int runs_ = 0;
};

TEST_F(Operators, AreToldTheNearestCommand) {
  auto r = run({"serf"});
  EXPECT_EQ(r.code, 1);
  EXPECT_NE(r.err.find("\"serf\""), std::string::npos) << r.err;
  EXPECT_NE(r.err.find("\"serve\""), std::string::npos) << r.err;
}

TEST_F(Operators, CheckOpensTheFilesThatServeWouldOpen) {
  auto pair = make_certificate({"localhost"});
  auto certificate = write("tls.pem", pair.chain), key = write("tls.key", pair.key), empty = write("ca.pem", "");
  EXPECT_EQ(run({"check", "--set", "http.tls.certificate=" + certificate, "--set", "http.tls.key=" + key}).code, 0);
  auto missing = run({"check", "--set", "http.tls.certificate=/nonexistent.pem", "--set", "http.tls.key=" + key});
  EXPECT_EQ(missing.code, 1);
  EXPECT_NE(missing.err.find("/nonexistent.pem"), std::string::npos) << missing.err;
  auto ca = run({"check", "--set", "outbound.caFile=" + empty});
  EXPECT_EQ(ca.code, 1);
  EXPECT_NE(ca.err.find("outbound.caFile"), std::string::npos) << ca.err;
}

TEST_F(Operators, CheckShowsTheEffectiveUserAgent) {
  auto r = run({"check"});
  EXPECT_NE(r.out.find("\"userAgent\": \"Belfry/"), std::string::npos) << r.out;
}

TEST_F(Operators, AreToldThatATextIsWanted) {
  auto r = run({"check", write("c.json", R"({"account": {"id": 5}})")});
  EXPECT_EQ(r.code, 1);
  EXPECT_NE(r.err.find("a string"), std::string::npos) << r.err;
}

TEST_F(Operators, MayCallAKubernetesServiceAsTheyLike) {
  auto r = run({"check"}, {{"BELFRY_METRICS_SERVICE_HOST", "10.0.0.1"},
                           {"BELFRY_METRICS_SERVICE_PORT", "80"},
                           {"BELFRY_METRICS_SERVICE_PORT_HTTP", "80"},
                           {"BELFRY_METRICS_PORT", "tcp://10.0.0.1:80"},
                           {"BELFRY_METRICS_PORT_80_TCP", "tcp://10.0.0.1:80"},
                           {"BELFRY_METRICS_PORT_80_TCP_ADDR", "10.0.0.1"},
                           {"BELFRY_SERVICE_HOST", "10.0.0.1"},
                           {"BELFRY_PORT", "tcp://10.0.0.1:80"}});
  EXPECT_EQ(r.code, 0) << r.err;
  auto wrong = run({"check"}, {{"BELFRY_PUSH_DEBOUNCE_DELY", "1s"}});
  EXPECT_EQ(wrong.code, 1);
}

TEST_F(Operators, ReadCertificatesAgainByAHangup) {
  auto first = make_certificate({"localhost"}), second = make_certificate({"localhost"});
  auto certificate = write("tls.pem", first.chain), key = write("tls.key", first.key);
  set("http.tls.certificate", certificate);
  set("http.tls.key", key);
  process server{arguments(), (dir_ / "tls").string()};
  ASSERT_TRUE(server.wait_for_url(limit));
  auto wait_for = [&](const std::string& text) {
    auto until = std::chrono::steady_clock::now() + limit;
    while (server.standard_error().find(text) == std::string::npos && std::chrono::steady_clock::now() < until) {
      // Until it is written.
    }
    return server.standard_error().find(text) != std::string::npos;
  };
  write("tls.pem", second.chain);
  write("tls.key", second.key);
  server.signal(SIGHUP);
  EXPECT_TRUE(wait_for("certificate and key were read again"));
  write("tls.key", "broken");
  server.signal(SIGHUP);
  EXPECT_TRUE(wait_for("certificate and key stay as they were"));
  server.signal(SIGTERM);
  EXPECT_EQ(server.wait(limit), 0);
}

TEST_F(Operators, GoOnAfterAHangupWithoutTls) {
  serve();
  process_->signal(SIGHUP);
  EXPECT_TRUE(logged("certificate and key were read again"));
  EXPECT_EQ(api_->get("/readyz").status, 200);
}

TEST_F(Operators, CopyTheStoreWhileEventsComeIn) {
  serve();
  start_pair();
  accept(event::sent("c1", "m1", "ben"));
  auto copy = (dir_ / "copy.db").string();
  auto r = run({"backup", copy, "--set", "store.path=" + store_path()});
  ASSERT_EQ(r.code, 0) << r.err;
  auto mode = std::filesystem::status(copy).permissions();
  EXPECT_EQ(mode & std::filesystem::perms::all,
            std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  EXPECT_EQ(run({"backup", copy, "--set", "store.path=" + store_path()}).code, 1) << "it is there already";
  accept(event::sent("c1", "m2", "ben"));
  stop();
  set("store.path", copy);
  serve();
  EXPECT_EQ(counts("anna")["total"], 1);
}

TEST_F(Operators, LookAtRowsWithoutTextsAndNames) {
  serve();
  auto hook = register_sink();
  start_pair();
  ASSERT_EQ(api_->put("/v1/persons/anna", {{"type", "AGENT"}, {"displayName", "Secret Name"}}).status, 201);
  accept(event::sent("c1", "m1", "ben", {{"text", "a secret text"}}));
  ASSERT_TRUE(wait_deliveries(1));
  auto id = traces("person=anna").at(0)["id"].get<std::string>();
  auto look = [&](const std::string& kind, const std::string& of) {
    auto r = run({"inspect", kind, of, "--set", "store.path=" + store_path()});
    EXPECT_EQ(r.code, 0) << r.err;
    EXPECT_EQ(r.out.find("ecret"), std::string::npos) << r.out;
    return json::parse(r.out);
  };
  auto c = look("conversation", "c1");
  EXPECT_TRUE(c["readable"]);
  EXPECT_EQ(c["state"]["participants"].size(), 2U);
  EXPECT_EQ(c["messages"][0]["id"], "m1");
  EXPECT_EQ(look("person", "anna")["type"], "AGENT");
  EXPECT_EQ(look("notification", id)["trace"]["id"], id);
  EXPECT_EQ(look("webhook", hook)["registration"]["name"], "sink");
  auto refused = [&](const std::string& kind, const std::string& of, const std::string& words) {
    auto r = run({"inspect", kind, of, "--set", "store.path=" + store_path()});
    EXPECT_EQ(r.code, 1);
    EXPECT_NE(r.err.find(words), std::string::npos) << r.err;
  };
  refused("conversation", "nowhere", "no such row");
  refused("notification", "7", "32 hexadecimal digits");
  refused("thing", "c1", "conversation, person, notification or webhook");
  EXPECT_EQ(run({"inspect", "person", "anna", "--set", "store.path=" + (dir_ / "none.db").string()}).code, 3);
  // A damaged row is named.
  stop();
  sqlite3* db = nullptr;
  ASSERT_EQ(sqlite3_open(store_path().c_str(), &db), SQLITE_OK);
  EXPECT_EQ(sqlite3_exec(db, "UPDATE conversation SET blob = x'01ff'", nullptr, nullptr, nullptr), SQLITE_OK);
  sqlite3_close(db);
  auto damaged = look("conversation", "c1");
  EXPECT_FALSE(damaged["readable"]);
  EXPECT_EQ(damaged["damaged"], "row");
}

} // namespace belfry::test

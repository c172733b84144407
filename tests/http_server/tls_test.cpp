#include "fixture.hpp"

#include "belfry/tests/support/providers/certificate.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <memory>

namespace belfry::test {
namespace {

/// A file that goes with the test.
class scratch_file {
public:
  scratch_file(const std::string& name, const std::string& content)
      : path_(std::filesystem::temp_directory_path() / (std::to_string(::getpid()) + name)) {
    std::ofstream{path_} << content;
  }
  ~scratch_file() { std::filesystem::remove(path_); }
  std::string path() const { return path_; }

private:
  std::filesystem::path path_;
};

/// What GET /healthz answers over TLS with at most this version; "" when the handshake fails.
std::string ask_over_tls(unsigned short port, int version_max) {
  auto fd = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(port);
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  std::string answer;
  std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> ctx{SSL_CTX_new(TLS_client_method()), SSL_CTX_free};
  SSL_CTX_set_min_proto_version(ctx.get(), TLS1_VERSION);
  SSL_CTX_set_max_proto_version(ctx.get(), version_max);
  // The weakest level, so that it is the server that refuses old versions.
  SSL_CTX_set_security_level(ctx.get(), 0);
  std::unique_ptr<SSL, decltype(&SSL_free)> ssl{SSL_new(ctx.get()), SSL_free};
  if (::connect(fd, reinterpret_cast<sockaddr*>(&to), sizeof to) == 0 && SSL_set_fd(ssl.get(), fd) == 1
      && SSL_connect(ssl.get()) == 1) {
    auto request = request_text("GET", "/healthz", {{"Connection", "close"}});
    SSL_write(ssl.get(), request.data(), static_cast<int>(request.size()));
    char bytes[4096];
    for (int n = 0; (n = SSL_read(ssl.get(), bytes, sizeof bytes)) > 0;)
      answer.append(bytes, static_cast<std::size_t>(n));
  }
  ERR_clear_error();
  ::close(fd);
  return answer;
}

class Tls : public http_fixture {
protected:
  Tls() {
    opts.http.tls_certificate = chain.path();
    opts.http.tls_key = key.path();
  }

  certificate made = make_certificate({"localhost", "127.0.0.1"});
  scratch_file chain{"chain.pem", made.chain};
  scratch_file key{"key.pem", made.key};
};

TEST_F(Tls, ServesVersions12And13) {
  start();
  for (auto version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    auto answer = ask_over_tls(port, version);
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 200 OK")) << version;
    EXPECT_TRUE(answer.ends_with(R"({"status":"ok"})"));
  }
}

TEST_F(Tls, RefusesOlderVersions) {
  start();
  EXPECT_EQ(ask_over_tls(port, TLS1_1_VERSION), "");
}

TEST_F(Tls, EndsAConnectionThatDoesNotSpeakIt) {
  http_probe p{start()};
  p.send(request_text("GET", "/healthz"));
  EXPECT_TRUE(p.ends());
}

TEST_F(Tls, EndsAHandshakeThatTakesTooLong) {
  settings.headers = 100ms;
  http_probe p{start()};
  EXPECT_TRUE(p.ends());
}

TEST_F(Tls, NamesTheFileItCannotUse) {
  opts.http.tls_certificate = "/nonexistent/chain.pem";
  io::http_server s{opts, service, metrics};
  auto started = s.start();
  ASSERT_FALSE(started);
  EXPECT_NE(started.error().detail.find("/nonexistent/chain.pem"), std::string::npos);
}

TEST_F(Tls, RefusesAKeyOfAnotherCertificate) {
  scratch_file other{"other.pem", make_certificate({"localhost"}).key};
  opts.http.tls_key = other.path();
  io::http_server s{opts, service, metrics};
  auto started = s.start();
  ASSERT_FALSE(started);
  EXPECT_NE(started.error().detail.find("http.tls.key"), std::string::npos);
}

} // namespace
} // namespace belfry::test

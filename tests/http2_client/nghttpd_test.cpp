#include "client_fixture.hpp"

#include <arpa/inet.h>
#include <csignal>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <thread>

namespace belfry::io {

namespace {

/// A port that nobody listens on now.
std::uint16_t free_port() {
  const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in where{};
  where.sin_family = AF_INET;
  where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(where);
  ::bind(fd, reinterpret_cast<sockaddr*>(&where), size);
  ::getsockname(fd, reinterpret_cast<sockaddr*>(&where), &size);
  ::close(fd);
  return ntohs(where.sin_port);
}

/// nghttpd, the server of the nghttp2 project, which sends back what is posted to it.
class nghttpd {
public:
  nghttpd(const test::certificate& c, const std::string& ca_file) : port_(free_port()) {
    const auto key_file = ca_file + ".key";
    std::ofstream(key_file) << c.key;
    const auto port = std::to_string(port_);
    pid_ = ::fork();
    if (pid_ == 0) {
      ::dup2(::open("/dev/null", O_WRONLY), STDOUT_FILENO);
      ::execl("/usr/sbin/nghttpd", "nghttpd", "--echo-upload", "-a", "127.0.0.1", "-m", "100", port.c_str(),
              key_file.c_str(), ca_file.c_str(), nullptr);
      ::_exit(127);
    }
  }

  ~nghttpd() {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }

  std::string url() const { return "https://127.0.0.1:" + std::to_string(port_) + "/"; }

private:
  std::uint16_t port_;
  pid_t pid_ = 0;
};

TEST_F(Http2, GetsAlongWithNghttpd) {
  nghttpd server(certificate_, ca_file_);
  auto client = make_client();
  http_answer first;
  for (auto end = std::chrono::steady_clock::now() + patience; first.status == 0;) {
    first = call(*client, post(server.url()));
    if (std::chrono::steady_clock::now() > end)
      FAIL() << "nghttpd does not answer";
    // It has just been started.
    std::this_thread::sleep_for(20ms);
  }
  std::vector<std::future<http_answer>> answers;
  for (int i = 0; i < 500; ++i)
    answers.push_back(begin(*client, post(server.url(), std::string(static_cast<std::size_t>(i), 'x'))));
  for (std::size_t i = 0; i < answers.size(); ++i) {
    const auto answer = get(std::move(answers[i]));
    ASSERT_EQ(answer.status, 200);
    ASSERT_EQ(answer.body, std::string(i, 'x'));
  }
}

} // namespace

} // namespace belfry::io

#include "child_process.hpp"

#include <array>
#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <poll.h>
#include <stdexcept>
#include <sys/wait.h>
#include <unistd.h>

namespace belfry::test {

child_process::child_process(const child_settings& s) {
  std::signal(SIGPIPE, SIG_IGN);
  std::array<int, 2> to{}, from{};
  if (::pipe2(to.data(), O_CLOEXEC) != 0 || ::pipe2(from.data(), O_CLOEXEC) != 0)
    throw std::runtime_error("no pipe");
  std::array<std::string, 7> words{BELFRY_CRASH_CHILD,
                                   s.store,
                                   s.endpoint,
                                   std::to_string(s.generation),
                                   std::to_string(s.ring_millis),
                                   std::to_string(s.power),
                                   std::to_string(s.seed)};
  std::array<char*, 8> argv{};
  for (std::size_t i = 0; i < words.size(); ++i)
    argv[i] = words[i].data();
  pid_ = ::fork();
  if (pid_ < 0)
    throw std::runtime_error("no process");
  if (pid_ == 0) {
    ::dup2(to[0], STDIN_FILENO);
    ::dup2(from[1], STDOUT_FILENO);
    ::execv(argv[0], argv.data());
    ::_exit(127);
  }
  ::close(to[0]);
  ::close(from[1]);
  in_ = to[1];
  out_ = from[0];
}

child_process::~child_process() {
  kill();
  wait();
  ::close(in_);
  ::close(out_);
}

void child_process::say(const std::string& line) {
  auto text = line + "\n";
  for (std::size_t at = 0; at < text.size();) {
    auto n = ::write(in_, text.data() + at, text.size() - at);
    if (n <= 0)
      return;
    at += static_cast<std::size_t>(n);
  }
}

std::vector<std::string> child_process::hear(std::chrono::milliseconds limit) {
  std::vector<std::string> lines;
  pollfd p{out_, POLLIN, 0};
  auto wait = static_cast<int>(limit.count());
  while (!silent_ && ::poll(&p, 1, wait) > 0) {
    std::array<char, 16384> buffer{};
    auto n = ::read(out_, buffer.data(), buffer.size());
    if (n < 0 && errno == EINTR)
      continue;
    silent_ = n <= 0;
    partial_.append(buffer.data(), n > 0 ? static_cast<std::size_t>(n) : 0);
    wait = 0;
  }
  std::size_t from = 0;
  for (auto end = partial_.find('\n'); end != std::string::npos; end = partial_.find('\n', from)) {
    lines.push_back(partial_.substr(from, end - from));
    from = end + 1;
  }
  partial_.erase(0, from);
  return lines;
}

void child_process::kill() {
  if (pid_ > 0)
    ::kill(pid_, SIGKILL);
}

int child_process::wait() {
  if (pid_ < 0)
    return 0;
  int status = 0;
  while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
  pid_ = -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

} // namespace belfry::test

#include "belfry/tests/support/server/process.hpp"

#include <csignal>
#include <fcntl.h>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

namespace belfry::test {

namespace {

using namespace std::chrono_literals;

constexpr auto poll_every = 5ms;
constexpr auto run_limit = 20s;

std::string text_of(const std::string& path) {
  auto in = std::ifstream{path, std::ios::binary};
  auto text = std::ostringstream{};
  text << in.rdbuf();
  return text.str();
}

std::vector<std::string> environment_for(const std::map<std::string, std::string>& more) {
  std::vector<std::string> all;
  for (auto e = environ; *e != nullptr; ++e)
    if (std::string{*e}.rfind("BELFRY_", 0) != 0)
      all.emplace_back(*e);
  for (const auto& [name, value] : more)
    all.push_back(name + "=" + value);
  return all;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> all;
  for (auto& t : texts)
    all.push_back(t.data());
  all.push_back(nullptr);
  return all;
}

void redirect(const std::string& path, int to) {
  auto fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
  if (fd >= 0)
    ::dup2(fd, to);
}

} // namespace

process::process(const std::vector<std::string>& arguments, std::string out,
                 const std::map<std::string, std::string>& environment)
    : out_(std::move(out)) {
  std::vector<std::string> words{BELFRY_PROGRAM};
  words.insert(words.end(), arguments.begin(), arguments.end());
  auto argv = pointers(words);
  auto variables = environment_for(environment);
  auto envp = pointers(variables);
  auto out_path = out_ + ".out";
  auto err_path = out_ + ".err";
  std::ofstream{err_path}.close();
  pid_ = ::fork();
  if (pid_ < 0)
    throw std::runtime_error{"no child process"};
  if (pid_ > 0)
    return;
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  redirect(out_path, STDOUT_FILENO);
  redirect(err_path, STDERR_FILENO);
  ::execve(argv[0], argv.data(), envp.data());
  ::_exit(127);
}

process::~process() {
  signal(SIGKILL);
  wait(10s);
}

std::optional<int> process::wait(std::chrono::milliseconds limit) {
  auto until = std::chrono::steady_clock::now() + limit;
  while (!exit_) {
    auto status = 0;
    if (::waitpid(pid_, &status, WNOHANG) == pid_)
      exit_ = WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
    else if (std::chrono::steady_clock::now() >= until)
      return {};
    else
      std::this_thread::sleep_for(poll_every);
  }
  return exit_;
}

void process::signal(int number) const {
  if (!exit_)
    ::kill(pid_, number);
}

std::string process::standard_output() const {
  return text_of(out_ + ".out");
}

std::string process::standard_error() const {
  return text_of(out_ + ".err");
}

std::optional<std::string> process::wait_for_url(std::chrono::milliseconds limit) {
  constexpr std::string_view mark = "listening on ";
  auto until = std::chrono::steady_clock::now() + limit;
  while (std::chrono::steady_clock::now() < until) {
    auto err = standard_error();
    if (auto at = err.find(mark); at != std::string::npos)
      if (auto end = err.find('\n', at); end != std::string::npos)
        return err.substr(at + mark.size(), end - at - mark.size());
    if (wait(0ms))
      return {};
    std::this_thread::sleep_for(poll_every);
  }
  return {};
}

run_result run_program(const std::vector<std::string>& arguments, const std::string& out,
                       const std::map<std::string, std::string>& environment) {
  process p{arguments, out, environment};
  auto code = p.wait(run_limit);
  return {code.value_or(-SIGKILL), p.standard_output(), p.standard_error()};
}

} // namespace belfry::test

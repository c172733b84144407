#include "belfry/benchmarks/support/driver.hpp"

#include <CLI/CLI.hpp>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <new>
#include <sstream>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

namespace belfry::bench {

namespace {

/// Runs one repetition and writes its figures, one a line, to the pipe.
[[noreturn]] void repetition(const scenario& s, const settings& o, int out) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  figures r{o.smoke};
  try {
    s.run(o, r);
  } catch (const std::exception& e) {
    r.failure(s.name + ": " + e.what());
  }
  const auto text = r.serialize();
  for (std::size_t at = 0; at < text.size();) {
    const auto n = write(out, text.data() + at, text.size() - at);
    if (n <= 0)
      break;
    at += static_cast<std::size_t>(n);
  }
  std::fflush(stdout);
  _exit(0);
}

std::string read_all(int in) {
  std::string text;
  char buffer[4096];
  for (ssize_t n = 0; (n = read(in, buffer, sizeof buffer)) > 0;)
    text.append(buffer, static_cast<std::size_t>(n));
  return text;
}

void run_in_child(const scenario& s, const settings& o, figures& out) {
  int ends[2];
  if (pipe(ends) != 0)
    return out.failure(s.name + ": no pipe");
  const auto pid = fork();
  if (pid == 0) {
    close(ends[0]);
    repetition(s, o, ends[1]);
  }
  close(ends[1]);
  const auto text = read_all(ends[0]);
  close(ends[0]);
  int status = 0;
  waitpid(pid, &status, 0);
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
    out.failure(s.name + ": the process of the repetition died");
  out.deserialize(text);
}

} // namespace

int run_all(int argc, char** argv, const std::vector<scenario>& scenarios) {
  settings o;
  CLI::App app{"A benchmark driver of Belfry"};
  app.add_flag("--smoke", o.smoke, "A short run that judges nothing");
  auto* repeat = app.add_option("--repeat", o.repeat, "Repetitions; medians are printed")->check(CLI::Range(1, 100));
  app.add_option("--only", o.only, "Only scenarios whose name contains this");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    return app.exit(e);
  }
  if (o.smoke && repeat->empty())
    o.repeat = 1;
  figures out{o.smoke};
  for (const auto& s : scenarios) {
    if (s.name.find(o.only) == s.name.npos)
      continue;
    for (int i = 0; i < o.repeat; ++i)
      run_in_child(s, o, out);
  }
  return out.print();
}

helper::helper(const std::function<void(board&)>& work) {
  auto* page = mmap(nullptr, sizeof(board), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (page == MAP_FAILED)
    throw std::bad_alloc{};
  board_ = new (page) board;
  pid_ = fork();
  if (pid_ != 0)
    return;
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  try {
    work(*board_);
  } catch (const std::exception& e) {
    std::fprintf(stderr, "helper: %s\n", e.what());
  }
  _exit(0);
}

helper::~helper() {
  board_->stop = 1;
  waitpid(pid_, nullptr, 0);
  munmap(board_, sizeof(board));
}

bool helper::wait_ready(double seconds) {
  return wait_until(seconds, [&] { return board_->ready.load() != 0; });
}

bool wait_until(double seconds, const std::function<bool()>& done) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::duration<double>(seconds);
  while (!done()) {
    if (std::chrono::steady_clock::now() >= end)
      return done();
    std::this_thread::sleep_for(std::chrono::milliseconds{1});
  }
  return true;
}

} // namespace belfry::bench

#include "belfry/io/program/commands.hpp"
#include "belfry/io/program/replay_feed.hpp"

#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <memory>
#include <utility>

namespace belfry::program {

namespace {

using steady = std::chrono::steady_clock;

constexpr int bar_width = 30;
constexpr auto bar_every = std::chrono::milliseconds{100};
/// Of one request; the server takes 8 MiB.
constexpr std::size_t body_max = 6 * 1024 * 1024;

/// The file, the lanes, and the batches being filled.
class feed {
public:
  explicit feed(const replay_arguments& a) : args_(a), file_(a.file), filling_(a.concurrency) {
    std::error_code ignored;
    size_ = std::filesystem::file_size(a.file, ignored);
    for (std::size_t i = 0; i < a.concurrency; ++i)
      lanes_.push_back(std::make_unique<replay_lane>(a));
  }

  bool readable() const { return file_.is_open() && !std::filesystem::is_directory(args_.file); }

  /// Posts the whole file, or until something fails.
  void run() {
    std::string line;
    for (std::size_t number = 1; std::getline(file_, line); ++number) {
      read_ += line.size() + 1;
      if (line.find_first_not_of(" \t\r") == std::string::npos)
        continue;
      auto i = lane_of(line, lanes_.size());
      auto& b = filling_[i];
      if (b.body.size() + line.size() > body_max && !send(i))
        break;
      b.body += line;
      b.body += '\n';
      ++b.events;
      b.lines.push_back(number);
      if (b.events >= args_.batch && !send(i))
        break;
    }
    for (std::size_t i = 0; i < lanes_.size(); ++i)
      send(i);
    for (auto& lane : lanes_)
      lane->finish();
    if (on_terminal_)
      std::cerr << "\r\033[K";
  }

  const std::vector<std::unique_ptr<replay_lane>>& lanes() const { return lanes_; }

  std::chrono::duration<double> elapsed() const { return steady::now() - began_; }

private:
  bool send(std::size_t i) {
    if (filling_[i].events == 0)
      return true;
    auto ok = lanes_[i]->put(std::exchange(filling_[i], {}));
    show();
    return ok;
  }

  void show() {
    if (!on_terminal_ || steady::now() - shown_ < bar_every)
      return;
    shown_ = steady::now();
    std::uint64_t done = 0;
    for (const auto& lane : lanes_)
      done += lane->done();
    auto share = size_ == 0 ? 1.0 : std::min(1.0, static_cast<double>(read_) / static_cast<double>(size_));
    std::string bar(static_cast<std::size_t>(share * bar_width), '#');
    bar.resize(bar_width, '.');
    std::fprintf(stderr, "\r[%s] %3.0f %%  %llu events  %.0f/s ", bar.c_str(), share * 100,
                 static_cast<unsigned long long>(done), static_cast<double>(done) / elapsed().count());
  }

  const replay_arguments& args_;
  std::ifstream file_;
  std::vector<replay_batch> filling_;
  std::vector<std::unique_ptr<replay_lane>> lanes_;
  std::uintmax_t size_ = 0;
  std::uintmax_t read_ = 0;
  const bool on_terminal_ = isatty(STDERR_FILENO) == 1;
  const steady::time_point began_ = steady::now();
  steady::time_point shown_ = began_;
};

void print(replay_totals all, double seconds) {
  auto events = all.accepted + all.duplicates + all.refused;
  std::printf("%llu events in %.2f s: %.0f events/s\n", static_cast<unsigned long long>(events), seconds,
              static_cast<double>(events) / seconds);
  std::printf("accepted %llu, duplicates %llu, refused %llu\n", static_cast<unsigned long long>(all.accepted),
              static_cast<unsigned long long>(all.duplicates), static_cast<unsigned long long>(all.refused));
  auto p50 = percentile(all.latencies, 0.5);
  auto p90 = percentile(all.latencies, 0.9);
  auto p99 = percentile(all.latencies, 0.99);
  std::printf("latency of %zu requests: p50 %.1f ms, p90 %.1f ms, p99 %.1f ms\n", all.latencies.size(), p50, p90, p99);
  if (all.repeats > 0)
    std::printf("repeated after 429 or 503: %llu\n", static_cast<unsigned long long>(all.repeats));
}

} // namespace

int replay(const replay_arguments& a) {
  feed f{a};
  if (!f.readable()) {
    std::cerr << "belfry: cannot read " << a.file << "\n";
    return failed;
  }
  f.run();
  auto seconds = f.elapsed().count();
  replay_totals all;
  int code = succeeded;
  for (const auto& lane : f.lanes()) {
    const auto& t = lane->totals();
    all.accepted += t.accepted;
    all.duplicates += t.duplicates;
    all.refused += t.refused;
    all.repeats += t.repeats;
    std::move(t.refusals.begin(), t.refusals.end(), std::back_inserter(all.refusals));
    all.latencies.insert(all.latencies.end(), t.latencies.begin(), t.latencies.end());
    if (!lane->failure().empty()) {
      std::cerr << "belfry: " << lane->failure() << "\n";
      code = failed;
    }
  }
  for (std::size_t i = 0; i < all.refusals.size() && i < replay_poster::refusals_max; ++i)
    std::cerr << "refused: " << all.refusals[i] << "\n";
  if (all.refused > 0)
    code = failed;
  print(std::move(all), seconds);
  return code;
}

} // namespace belfry::program

#include "belfry/tests/hostile/server_state.hpp"

#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>

#include <unistd.h>

namespace belfry::test::hostile {

namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

/// The number behind `name` in a text of lines; 0 when absent.
std::size_t number_after(std::istream& in, const std::string& name) {
  for (std::string line; std::getline(in, line);)
    if (line.rfind(name, 0) == 0)
      return static_cast<std::size_t>(std::stod(line.substr(name.size())));
  return 0;
}

std::size_t parent_of(const fs::path& process) {
  auto status = std::ifstream{process / "status"};
  return number_after(status, "PPid:");
}

std::size_t entries(const fs::path& folder) {
  std::size_t n = 0;
  std::error_code e;
  for (auto i = fs::directory_iterator{folder, e}; !e && i != fs::directory_iterator{}; i.increment(e))
    ++n;
  return n;
}

} // namespace

pid_t only_child() {
  pid_t found = -1;
  for (const auto& entry : fs::directory_iterator{"/proc"}) {
    auto name = entry.path().filename().string();
    if (name.find_first_not_of("0123456789") != name.npos
        || parent_of(entry.path()) != static_cast<std::size_t>(::getpid()))
      continue;
    if (found != -1)
      return -1;
    found = static_cast<pid_t>(std::stol(name));
  }
  return found;
}

holdings holdings_of(pid_t server, http_client& api) {
  auto process = fs::path{"/proc"} / std::to_string(server);
  auto status = std::ifstream{process / "status"};
  auto metrics = std::istringstream{api.get("/metrics").body};
  return {number_after(status, "VmRSS:"), entries(process / "fd"), number_after(metrics, "belfry_http_connections ")};
}

holdings settled(pid_t server, http_client& api, std::chrono::milliseconds limit) {
  auto until = std::chrono::steady_clock::now() + limit;
  auto now = holdings_of(server, api);
  while (now.connections > 1 && std::chrono::steady_clock::now() < until) {
    std::this_thread::sleep_for(20ms);
    now = holdings_of(server, api);
  }
  return now;
}

} // namespace belfry::test::hostile

#include "belfry/io/program/commands.hpp"
#include "belfry/io/program/provider_ends.hpp"
#include "belfry/io/program/report.hpp"
#include "belfry/io/program/signals.hpp"

#include <nlohmann/json.hpp>

#include <cstdlib>
#include <filesystem>
#include <iostream>

namespace belfry::program {

namespace {

/// Goes with what was put into it, unless it was given.
class workplace {
public:
  explicit workplace(const std::string& given) : given_(!given.empty()), path_(given) {
    if (given_) {
      std::filesystem::create_directories(path_);
      return;
    }
    path_ = (std::filesystem::temp_directory_path() / "belfry-simulate-XXXXXX").string();
    if (mkdtemp(path_.data()) == nullptr)
      throw std::runtime_error("no temporary folder can be made at " + path_);
  }
  ~workplace() {
    std::error_code ignored;
    if (!given_)
      std::filesystem::remove_all(path_, ignored);
  }
  workplace(const workplace&) = delete;
  workplace& operator=(const workplace&) = delete;
  const std::string& path() const { return path_; }

private:
  const bool given_;
  std::string path_;
};

std::string quoted(const std::string& x) {
  return "'" + x + "'";
}

void introduce(const provider_ends& ends, bool json_lines) {
  if (json_lines) {
    std::cout << nlohmann::json{{"provider", "SIMULATOR"},
                                {"settings", ends.settings()},
                                {"webhookUrl", ends.webhook_url()},
                                {"subscription", nlohmann::json::parse(ends.subscription())}}
                     .dump()
              << std::endl;
    return;
  }
  std::cout << "All providers listen on loopback. An engine that is led here:\n\n  belfry serve";
  for (const auto& s : ends.settings())
    std::cout << " \\\n    --set " << quoted(s);
  std::cout
      << "\n\nRegister a webhook at " << ends.webhook_url() << ", and a browser of an agent with\n  "
      << ends.subscription()
      << "\n\nWhat begins with \"e\" and a status is answered with it: device tokens (e410...) and push endpoints;"
         "\nmailboxes rcpt-550-5.1.1@..., greylist-1@..., slow-2000@...; webhook paths /status/500, /slow/2000."
         "\nCtrl-C ends it.\n"
      << std::endl;
}

} // namespace

int simulate(const simulate_arguments& a) {
  std::vector<simulated_fault> faults;
  for (const auto& text : a.faults) {
    auto f = simulated_fault::parse(text);
    if (!f)
      return report("--fault " + f.error().detail);
    faults.push_back(std::move(*f));
  }
  stop_signals signals;
  workplace folder{a.folder};
  provider_ends ends{folder.path(),
                     [&](const arrival& x) {
                       if (a.json)
                         std::cout << x.json << std::endl;
                       else
                         std::cout << x.provider << "  " << x.words << std::endl;
                     },
                     std::move(faults)};
  introduce(ends, a.json);
  signals.wait([] {});
  return succeeded;
}

} // namespace belfry::program

#include "belfry/actors/system_clock.hpp"

#include <time.h>

#include <chrono>
#include <fstream>
#include <string>

namespace belfry {

namespace {

class system_wall_clock final : public io::wall_clock {
public:
  millis now() const override {
    return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch())
        .count();
  }

  io::clock_reading read() const override {
    timespec t{};
    ::clock_gettime(CLOCK_BOOTTIME, &t);
    return {boot_, t.tv_sec * 1000 + t.tv_nsec / 1'000'000, now()};
  }

private:
  static std::string read_boot_id() {
    std::string id;
    std::getline(std::ifstream{"/proc/sys/kernel/random/boot_id"}, id);
    return id;
  }

  const std::string boot_ = read_boot_id();
};

} // namespace

std::unique_ptr<io::wall_clock> make_system_clock() {
  return std::make_unique<system_wall_clock>();
}

} // namespace belfry

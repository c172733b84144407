// The entry of libFuzzer: built with clang, run as http2_session_fuzz [folder].
#include "http2_session_target.hpp"

#include <cstdint>
#include <cstdio>
#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto problem = belfry::fuzz::try_session({reinterpret_cast<const char*>(data), size});
  if (problem.empty())
    return 0;
  std::fprintf(stderr, "%s\n", problem.c_str());
  std::abort();
}

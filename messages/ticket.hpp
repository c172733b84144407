#pragma once

#include <cstdint>

namespace belfry {

/// Who asked, as a value that may cross shards and nodes (DESIGN 2.3): the number of a callback that stays at the
/// border (actors/callbacks). The answer is a `T`, or an error. 0: nobody asked.
template <class T>
struct ticket {
  std::uint64_t number = 0;
};

} // namespace belfry

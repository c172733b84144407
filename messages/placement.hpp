#pragma once

#include "belfry/messages/fnv.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace belfry {

/// A fixed number of places for conversations and persons, however many nodes and shards serve them (DESIGN 2.3).
constexpr std::size_t place_count = 256;

/// The place of an entity: the same in every build, process and version (FNV-1a, folded).
constexpr std::size_t place_of(std::string_view id) {
  auto h = fnv1a(id);
  h ^= h >> 32;
  h ^= h >> 16;
  h ^= h >> 8;
  return h % place_count;
}

} // namespace belfry

#include "belfry/io/store/unread.hpp"

#include "belfry/messages/binary.hpp"

namespace belfry::io {

std::string encode(const std::vector<unread_messages>& unread) {
  binary_writer out;
  for (const auto& x : unread) {
    out.text(x.person);
    out.number(x.count);
  }
  return out.take();
}

std::uint32_t unread_of(std::string_view person, std::string_view column) {
  binary_reader in{column};
  while (in.ok() && !in.at_end()) {
    const auto name = in.raw(in.number());
    const auto count = in.number();
    if (name == person)
      return static_cast<std::uint32_t>(count);
  }
  return 0;
}

} // namespace belfry::io

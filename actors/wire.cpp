#include "belfry/messages/wire.hpp"

#include "belfry/actors/interfaces.hpp"

#include <caf/deserializer.hpp>
#include <caf/sec.hpp>
#include <caf/serializer.hpp>

namespace belfry {

namespace {

template <class T>
caf::error save(caf::serializer& to, const T& x) {
  auto bytes = wire::to_bytes(x);
  return to(bytes);
}

template <class T>
caf::error load(caf::deserializer& from, T& x) {
  std::string bytes;
  if (auto e = from(bytes))
    return e;
  auto read = wire::from_bytes<T>(bytes);
  if (!read)
    return caf::sec::invalid_argument;
  x = std::move(*read);
  return caf::none;
}

} // namespace

#define BELFRY_ON_THE_WIRE(type)                                                                                       \
  caf::error inspect(caf::serializer& to, type& x) {                                                                   \
    return save(to, x);                                                                                                \
  }                                                                                                                    \
  caf::error inspect(caf::deserializer& from, type& x) {                                                               \
    return load(from, x);                                                                                              \
  }

BELFRY_ON_THE_WIRE(route)
BELFRY_ON_THE_WIRE(to_conversation)
BELFRY_ON_THE_WIRE(to_person)
BELFRY_ON_THE_WIRE(outbox)
BELFRY_ON_THE_WIRE(count_awake)
BELFRY_ON_THE_WIRE(acks)
BELFRY_ON_THE_WIRE(bot_changed)
BELFRY_ON_THE_WIRE(erase_presence)
BELFRY_ON_THE_WIRE(answer_ticket)
BELFRY_ON_THE_WIRE(tell_page)

#undef BELFRY_ON_THE_WIRE

} // namespace belfry

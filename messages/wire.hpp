#pragma once

#include "belfry/messages/binary.hpp"

#include <boost/pfr/core.hpp>

#include <array>
#include <chrono>
#include <concepts>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

/// Values as bytes, for what goes from one node to another (DESIGN 2.3): every field in the order of its declaration,
/// so that a struct needs no codec of its own. Nodes that speak to each other are of one version; what is on disk has
/// codecs with versions instead.
namespace belfry::wire {

template <class T, template <class...> class Of>
inline constexpr bool is = false;
template <template <class...> class Of, class... Ts>
inline constexpr bool is<Of<Ts...>, Of> = true;

template <class T>
concept sequence = is<T, std::vector> || is<T, std::set> || is<T, std::map>;
template <class T>
concept pointer = is<T, std::shared_ptr>;

template <class T>
void write(binary_writer& to, const T& x);

template <class T>
void write_parts(binary_writer& to, const T& x) {
  if constexpr (sequence<T>) {
    to.number(x.size());
    for (const auto& part : x)
      write(to, part);
  } else if constexpr (is<T, std::variant>) {
    to.number(x.index());
    std::visit([&](const auto& part) { write(to, part); }, x);
  } else if constexpr (is<T, std::pair>) {
    write(to, x.first);
    write(to, x.second);
  } else if constexpr (is<T, std::optional> || pointer<T>) {
    to.flag(static_cast<bool>(x));
    if (x)
      write(to, *x);
  } else {
    boost::pfr::for_each_field(x, [&](const auto& field) { write(to, field); });
  }
}

template <class T>
void write(binary_writer& to, const T& x) {
  if constexpr (std::same_as<T, bool>)
    to.flag(x);
  else if constexpr (std::is_enum_v<T>)
    to.number(static_cast<std::uint64_t>(x));
  else if constexpr (std::unsigned_integral<T>)
    to.number(x);
  else if constexpr (std::signed_integral<T>)
    to.signed_number(x);
  else if constexpr (std::same_as<T, std::string>)
    to.text(x);
  else if constexpr (is<T, std::chrono::duration>)
    to.signed_number(x.count());
  else
    write_parts(to, x);
}

/// What was written as the same type. Of other bytes nothing is right but `from.ok()`, which is false, or the type.
template <class T>
T read(binary_reader& from);

template <class T>
void read_sequence(binary_reader& from, T& out) {
  for (auto n = from.count(); n > 0 && from.ok(); --n) {
    if constexpr (is<T, std::map>) {
      auto key = read<typename T::key_type>(from);
      out.emplace(std::move(key), read<typename T::mapped_type>(from));
    } else {
      out.insert(out.end(), read<typename T::value_type>(from));
    }
  }
}

template <class... Ts>
void read_variant(binary_reader& from, std::variant<Ts...>& out) {
  auto index = from.enumeration<std::uint64_t>(sizeof...(Ts) - 1);
  auto take = [&]<class T>(std::type_identity<T>) {
    if (index-- == 0)
      out.template emplace<T>(read<T>(from));
  };
  (take(std::type_identity<Ts>{}), ...);
}

template <class T>
T read_parts(binary_reader& from) {
  T out{};
  if constexpr (sequence<T>) {
    read_sequence(from, out);
  } else if constexpr (is<T, std::variant>) {
    read_variant(from, out);
  } else if constexpr (is<T, std::pair>) {
    out.first = read<typename T::first_type>(from);
    out.second = read<typename T::second_type>(from);
  } else if constexpr (is<T, std::optional>) {
    if (from.flag())
      out = read<typename T::value_type>(from);
  } else if constexpr (pointer<T>) {
    if (from.flag())
      out = std::make_shared<typename T::element_type>(read<std::remove_const_t<typename T::element_type>>(from));
  } else {
    boost::pfr::for_each_field(out, [&](auto& field) { field = read<std::remove_reference_t<decltype(field)>>(from); });
  }
  return out;
}

template <class T>
T read(binary_reader& from) {
  if constexpr (std::same_as<T, bool>)
    return from.flag();
  else if constexpr (std::is_enum_v<T> || std::unsigned_integral<T>)
    return static_cast<T>(from.number());
  else if constexpr (std::signed_integral<T>)
    return static_cast<T>(from.signed_number());
  else if constexpr (std::same_as<T, std::string>)
    return from.text();
  else if constexpr (is<T, std::chrono::duration>)
    return T{static_cast<typename T::rep>(from.signed_number())};
  else
    return read_parts<T>(from);
}

template <class T>
std::string to_bytes(const T& x) {
  binary_writer out;
  write(out, x);
  return out.take();
}

/// Nullopt unless the bytes are those of one value.
template <class T>
std::optional<T> from_bytes(std::string_view bytes) {
  binary_reader in{bytes};
  auto out = read<T>(in);
  return in.ok() && in.at_end() ? std::optional{std::move(out)} : std::nullopt;
}

} // namespace belfry::wire

#include "belfry/actors/interfaces.hpp"
#include "belfry/messages/wire.hpp"

#include <caf/binary_deserializer.hpp>
#include <caf/binary_serializer.hpp>
#include <gtest/gtest.h>

/// Every message that crosses shards goes through CAF's serializer and comes back with every field.
namespace belfry {
namespace {

/// Gives every field, however deep, a value of its own that is not what it begins with.
class filler {
public:
  template <class T>
  void fill(T& x) {
    if constexpr (std::same_as<T, bool>)
      x = true;
    else if constexpr (std::is_enum_v<T>)
      x = static_cast<T>(1);
    else if constexpr (std::integral<T>)
      x = static_cast<T>(++last_ % 100 + 1);
    else if constexpr (std::same_as<T, std::string>)
      x = "text " + std::to_string(++last_) + std::string(1, '\0');
    else if constexpr (wire::is<T, std::chrono::duration>)
      x = T{++last_};
    else
      fill_parts(x);
  }

private:
  template <class T>
  void fill_parts(T& x) {
    if constexpr (wire::is<T, std::vector> || wire::is<T, std::set>) {
      for (int i = 0; i < 2; ++i) {
        typename T::value_type part{};
        fill(part);
        x.insert(x.end(), std::move(part));
      }
    } else if constexpr (wire::is<T, std::map>) {
      typename T::key_type key{};
      fill(key);
      fill(x[key]);
    } else if constexpr (wire::is<T, std::variant>) {
      std::visit([this](auto& part) { fill(part); }, x);
    } else if constexpr (wire::is<T, std::pair>) {
      fill(x.first);
      fill(x.second);
    } else if constexpr (wire::is<T, std::optional>) {
      fill(x.emplace());
    } else if constexpr (wire::pointer<T>) {
      auto made = std::make_shared<std::remove_const_t<typename T::element_type>>();
      fill(*made);
      x = std::move(made);
    } else {
      boost::pfr::for_each_field(x, [this](auto& field) { fill(field); });
    }
  }

  int last_ = 0;
};

template <class T>
T filled() {
  T x{};
  filler{}.fill(x);
  return x;
}

template <class T>
void expect_round_trip(const T& x) {
  const auto bytes = wire::to_bytes(x);
  std::vector<char> buffer;
  caf::binary_serializer sink{nullptr, buffer};
  ASSERT_FALSE(sink(x));
  T back{};
  caf::binary_deserializer source{nullptr, buffer};
  ASSERT_FALSE(source(back));
  EXPECT_EQ(wire::to_bytes(back), bytes);
  for (std::size_t n = 0; n < bytes.size(); ++n)
    EXPECT_FALSE(wire::from_bytes<T>(bytes.substr(0, n)));
  EXPECT_FALSE(wire::from_bytes<T>(bytes + "x"));
}

/// Once for each alternative.
template <class... Ts, class F>
void each_of(std::type_identity<std::variant<Ts...>>, F&& f) {
  (f(filled<Ts>()), ...);
}

TEST(Wire, TakesEveryOrderToAConversation) {
  each_of(std::type_identity<conversation_command>{}, [](auto order) {
    expect_round_trip(to_conversation{"c1", order});
  });
}

TEST(Wire, TakesEveryOrderToAPerson) {
  each_of(std::type_identity<person_command>{}, [](auto order) { expect_round_trip(to_person{"anna", order}); });
}

TEST(Wire, TakesEveryEvent) {
  each_of(std::type_identity<event_body>{}, [](auto body) {
    auto e = filled<routed_event>();
    e.what.body = body;
    expect_round_trip(route{{e, e}});
  });
}

TEST(Wire, TakesEverythingThatPersonsAreTold) {
  each_of(std::type_identity<person_update>{}, [](auto update) {
    expect_round_trip(outbox{{{"anna", update}}, {filled<unread_count>()}});
  });
}

TEST(Wire, TakesEveryAnswer) {
  each_of(std::type_identity<api_answer>{}, [](auto answer) { expect_round_trip(answer_ticket{7, answer}); });
}

TEST(Wire, TakesEveryMessageToAPage) {
  each_of(std::type_identity<page_message>{}, [](auto m) { expect_round_trip(tell_page{7, m}); });
}

TEST(Wire, TakesTheRest) {
  expect_round_trip(filled<count_awake>());
  expect_round_trip(filled<acks>());
  expect_round_trip(filled<bot_changed>());
  expect_round_trip(filled<erase_presence>());
}

TEST(Wire, TakesNoVariantThatThereIsNot) {
  binary_writer w;
  w.text("anna");
  w.number(std::variant_size_v<person_command>);
  EXPECT_FALSE(wire::from_bytes<to_person>(w.take()));
}

} // namespace
} // namespace belfry

#include "belfry/io/email/unsubscribe.hpp"

#include <gtest/gtest.h>

namespace belfry::io::email {
namespace {

const std::string key(32, 'k');

TEST(UnsubscribeToken, NamesPersonAndKind) {
  unsubscription u{person_id{"ada/\xC3\xBC"}, kind::missed_call};
  EXPECT_EQ(read_unsubscribe_token(key, make_unsubscribe_token(key, u)), u);
}

TEST(UnsubscribeToken, IsGoodForItsKeyOnly) {
  auto token = make_unsubscribe_token(key, {person_id{"ada"}, kind::new_message});
  EXPECT_FALSE(read_unsubscribe_token(std::string(32, 'x'), token));
}

TEST(UnsubscribeToken, IsRefusedWithAnyCharacterChanged) {
  auto token = make_unsubscribe_token(key, {person_id{"ada"}, kind::new_message});
  for (std::size_t i = 0; i < token.size(); ++i) {
    auto wrong = token;
    wrong[i] = wrong[i] == 'A' ? 'B' : 'A';
    EXPECT_FALSE(read_unsubscribe_token(key, wrong)) << i;
  }
  EXPECT_FALSE(read_unsubscribe_token(key, ""));
  EXPECT_FALSE(read_unsubscribe_token(key, token + "A"));
}

} // namespace
} // namespace belfry::io::email

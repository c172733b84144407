#include "belfry/actors/profile_cache.hpp"

#include <gtest/gtest.h>

#include <string>

using namespace belfry;

namespace {

person_profile named(const std::string& name) {
  person_profile p;
  p.display_name = name;
  return p;
}

} // namespace

TEST(ProfileCache, TakesThePersonsWordBeforeThatOfTheDisk) {
  profile_cache c{10};
  EXPECT_FALSE(c.contains("ben"));
  EXPECT_FALSE(c.find("ben"));
  c.learn("ben", named("old"));
  EXPECT_EQ(c.find("ben")->display_name, "old");
  c.set("ben", named("new"));
  c.learn("ben", named("old"));
  EXPECT_EQ(c.find("ben")->display_name, "new");
  c.set("ben", std::nullopt);
  c.learn("ben", named("old"));
  EXPECT_TRUE(c.contains("ben"));
  EXPECT_FALSE(c.find("ben")) << "erased";
}

TEST(ProfileCache, KeepsWhatNoPayloadShowsOut) {
  profile_cache c{10};
  auto p = named("Ben");
  p.labels = {"vip"};
  p.metadata.emplace()["k"] = "v";
  c.set("ben", p);
  EXPECT_FALSE(c.find("ben")->labels);
  EXPECT_FALSE(c.find("ben")->metadata);
}

TEST(ProfileCache, KeepsWhatIsUsedAndIsBounded) {
  profile_cache c{10};
  c.set("ben", named("Ben"));
  for (int i = 0; i < 100; ++i) {
    c.learn("p" + std::to_string(i), named("x"));
    ASSERT_TRUE(c.contains("ben")) << "it is used all the time";
  }
  auto kept = 0;
  for (int i = 0; i < 100; ++i)
    kept += c.contains("p" + std::to_string(i)) ? 1 : 0;
  EXPECT_GE(kept, 4);
  EXPECT_LE(kept, 10);
}

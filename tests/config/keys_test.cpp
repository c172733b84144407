#include "belfry/config/keys.hpp"

#include "belfry/config/load.hpp"
#include "belfry/config/nearest.hpp"
#include "belfry/config/options_doc.hpp"
#include "belfry/config/render.hpp"
#include "belfry/config/validate.hpp"
#include "belfry/tests/config/support.hpp"

#include <nlohmann/json.hpp>

#include <set>

namespace belfry {

namespace {

using json = nlohmann::json;

json::json_pointer pointer(std::string_view name) {
  std::string out = "/";
  for (const char c : name)
    out += c == '.' ? '/' : c;
  return json::json_pointer{out};
}

std::string text_of(const std::string& path) {
  const auto text = read_text_file(path);
  EXPECT_TRUE(text) << path;
  return text ? *text : "";
}

} // namespace

TEST(Keys, HaveNamesOfTheirOwn) {
  std::set<std::string> names, variables, properties;
  for (const auto& k : keys()) {
    EXPECT_TRUE(names.emplace(k.name).second) << k.name;
    EXPECT_TRUE(variables.insert(environment_name(k.name)).second) << k.name;
    EXPECT_TRUE(k.property.empty() || properties.emplace(k.property).second) << k.property;
  }
}

TEST(Keys, AreNoSectionsOfOtherKeys) {
  for (const auto& a : keys()) {
    for (const auto& b : keys())
      EXPECT_FALSE(b.name.starts_with(std::string{a.name} + ".")) << a.name << " " << b.name;
  }
}

TEST(Keys, HaveVariablesThatKubernetesDoesNotMake) {
  for (const auto& k : keys()) {
    const auto name = environment_name(k.name);
    EXPECT_FALSE(name.starts_with("BELFRY_SERVICE_") || name.starts_with("BELFRY_PORT")) << name;
  }
}

TEST(Keys, AreExplained) {
  for (const auto& k : keys()) {
    EXPECT_TRUE(k.sentence.ends_with(".")) << k.name;
    EXPECT_FALSE(allowed(k).empty()) << k.name;
    EXPECT_FALSE(type_name(k).empty()) << k.name;
  }
}

TEST(Keys, HaveDefaultsWithinTheirBounds) {
  EXPECT_EQ(test::lines(validate(options{})), "");
}

TEST(Keys, ComeBackFromWhatIsPrinted) {
  const auto x = test::from_file(render(options{}));
  ASSERT_TRUE(test::good(x));
  EXPECT_EQ(render(x.value), render(options{}));
}

TEST(Keys, AllStandInTheExample) {
  const auto text = text_of(BELFRY_SOURCE "/config/example.json");
  const auto x = test::from_file(text);
  ASSERT_TRUE(test::good(x));
  const auto tree = json::parse(text, nullptr, true, true);
  for (const auto& k : keys())
    EXPECT_TRUE(tree.contains(pointer(k.name))) << k.name;
}

TEST(Keys, HaveTheirDefaultInTheExampleIfThereIsOne) {
  const auto shown = json::parse(render(test::from_file(text_of(BELFRY_SOURCE "/config/example.json")).value));
  const auto defaults = json::parse(render(options{}));
  for (const auto& k : keys()) {
    const auto& value = defaults.at(pointer(k.name));
    const bool has_default = value != json("") && value != json::object();
    EXPECT_TRUE(!has_default || shown.at(pointer(k.name)) == value) << k.name;
  }
}

TEST(Keys, StandInTheDocsAsTheTableHasThem) {
  EXPECT_TRUE(text_of(BELFRY_SOURCE "/docs/options.md") == options_document())
      << "docs/options.md is not what the table says. Make it anew:\n"
         "  cmake --build build/dev --target belfry_options_doc && build/dev/config/belfry_options_doc > "
         "docs/options.md";
}

TEST(Nearest, IsTheOneWithTheFewestEdits) {
  EXPECT_EQ(nearest("pusch.enabeld", {"push.enabled", "email.enabled", "push"}), "push.enabled");
  EXPECT_EQ(nearest("PUSH.ENABLED", {"pull.enabled", "push.enabled"}), "push.enabled");
  EXPECT_EQ(nearest("x", {}), "");
}

TEST(Nearest, BearsAVeryLongName) {
  EXPECT_EQ(nearest(std::string(1'000'000, 'x'), {"a", std::string(200, 'x')}), std::string(200, 'x'));
}

} // namespace belfry

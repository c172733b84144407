#include "belfry/engine.hpp"
#include "belfry/io/program/commands.hpp"
#include "belfry/io/program/configuration.hpp"

#include <array>
#include <iostream>

namespace belfry::program {

namespace {

struct named {
  const char* name;
  row_kind kind;
};

constexpr std::array<named, 4> kinds{{{"conversation", row_kind::conversation},
                                      {"person", row_kind::person},
                                      {"notification", row_kind::notification},
                                      {"webhook", row_kind::webhook}}};

int fail(const std::string& what, int code = failed) {
  std::cerr << "belfry: " << what << "\n";
  return code;
}

} // namespace

int inspect(const inspect_arguments& a) {
  auto o = read_configuration(a.from);
  if (!o)
    return failed;
  if (o->store.kind != store_kind::sqlite)
    return fail("only a SQLite store can be looked at; store.kind is another one");
  for (const auto& k : kinds) {
    if (a.kind != k.name)
      continue;
    auto text = engine::inspect(*o, k.kind, a.id);
    if (!text)
      return fail(text.error().detail, text.error().code == ec::store_unavailable ? store_refused : failed);
    std::cout << *text << "\n";
    return succeeded;
  }
  return fail("no kind of row \"" + a.kind + "\": conversation, person, notification or webhook");
}

} // namespace belfry::program

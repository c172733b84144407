#include "belfry/engine.hpp"
#include "belfry/io/program/commands.hpp"
#include "belfry/io/program/configuration.hpp"
#include "belfry/io/program/report.hpp"

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

} // namespace

int inspect(const inspect_arguments& a) {
  auto o = read_configuration(a.from);
  if (!o)
    return failed;
  if (o->store.kind != store_kind::sqlite)
    return report("only a SQLite store can be looked at; store.kind is another one");
  for (const auto& k : kinds) {
    if (a.kind != k.name)
      continue;
    auto text = engine::inspect(*o, k.kind, a.id);
    if (!text)
      return report(text.error());
    std::cout << *text << "\n";
    return succeeded;
  }
  return report("no kind of row \"" + a.kind + "\": conversation, person, notification or webhook");
}

} // namespace belfry::program

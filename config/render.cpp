#include "belfry/config/render.hpp"

#include "belfry/config/values.hpp"

#include <nlohmann/json.hpp>

namespace belfry {

std::string render(const options& x) {
  auto out = values::json::object();
  for (const auto& k : keys()) {
    auto* at = &out;
    auto name = k.name;
    for (auto dot = name.find('.'); dot != std::string_view::npos; dot = name.find('.')) {
      at = &(*at)[std::string{name.substr(0, dot)}];
      name.remove_prefix(dot + 1);
    }
    (*at)[std::string{name}] = values::shown(k, x);
  }
  return out.dump(2, ' ', false, values::json::error_handler_t::replace) + "\n";
}

} // namespace belfry

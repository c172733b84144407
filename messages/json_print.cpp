#include "belfry/messages/json_print.hpp"

#include <nlohmann/json.hpp>

namespace belfry {

std::string print(const nlohmann::ordered_json& x) {
  return x.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

} // namespace belfry

#pragma once

#include <nlohmann/json_fwd.hpp>

#include <string>

namespace belfry {

/// In one line; what is not UTF-8 is replaced by U+FFFD.
std::string print(const nlohmann::ordered_json& x);

} // namespace belfry

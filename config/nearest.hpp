#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace belfry {

/// The candidate that takes the fewest edits to reach from `text`, upper and lower case alike; "" without candidates.
std::string nearest(std::string_view text, const std::vector<std::string>& candidates);

} // namespace belfry

#pragma once

#include "belfry/io/ports.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace belfry::io {

/// The column `conversation.unread`: who has not read how many messages.
std::string encode(const std::vector<unread_messages>& unread);

/// The count of one person in it; 0 when the person is not named.
std::uint32_t unread_of(std::string_view person, std::string_view column);

} // namespace belfry::io

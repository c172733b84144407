#pragma once

#include "belfry/messages/json.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

/// Events as hosts send them, and short ways to read them.
namespace belfry::samples {

/// One valid event of every type, in the order of SPEC 2, with every field it may have.
const std::vector<std::string>& events();

/// The pointers of all problems of a body; empty when it is well formed.
std::vector<std::string> wrong(std::string_view body, body_form form = body_form::json);

/// The sentence that goes with `pointer`; "" when there is none.
std::string sentence(std::string_view body, std::string_view pointer);

/// `message.sent` with these members of `message` (without braces).
std::string message(std::string_view members);

using pointers = std::vector<std::string>;

} // namespace belfry::samples

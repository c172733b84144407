#pragma once

#include <string>

namespace belfry {

/// docs/options.md: every row of the table, in Markdown.
std::string options_document();

} // namespace belfry

#pragma once

#include <string_view>

/// The files of web/, as they stand.
namespace belfry::io::http::static_files {

extern const std::string_view page_script;
extern const std::string_view worker_script;
extern const std::string_view desk_page;
extern const std::string_view desk_script;
extern const std::string_view desk_style;
extern const std::string_view console_page;
extern const std::string_view console_script;

} // namespace belfry::io::http::static_files

#pragma once

#include "belfry/config/values.hpp"

/// The three keys whose values are objects: templates, apps and tokens. Internal to this room.
namespace belfry::values {

using template_map = std::map<std::string, std::map<std::string, email_template>>;

/// What is wrong at a place below the key: "[1].role", "must be ...".
struct finding {
  std::string at;
  std::string what;
};

bool read(const json& value, std::string_view where, const reader& r, template_map& out);
bool read(const json& value, std::string_view where, const reader& r, std::vector<mobile_app>& out);
bool read(const json& value, std::string_view where, const reader& r, std::vector<http_token>& out);

std::vector<finding> check(const template_map& x);
std::vector<finding> check(const std::vector<mobile_app>& x);
std::vector<finding> check(const std::vector<http_token>& x);

json shown(const template_map& x);
json shown(const std::vector<mobile_app>& x);
json shown(const std::vector<http_token>& x);

} // namespace belfry::values

// How rows of the table are named and described: in the environment, in errors and in the docs.
#include "belfry/config/keys.hpp"

#include "belfry/messages/people.hpp"

#include <cstdio>

namespace belfry {

namespace {

template <class... Fs>
struct overloaded : Fs... {
  using Fs::operator()...;
};
template <class... Fs>
overloaded(Fs...) -> overloaded<Fs...>;

constexpr bool is_upper(char c) {
  return c >= 'A' && c <= 'Z';
}

std::string number_text(double x) {
  std::array<char, 32> out{};
  std::snprintf(out.data(), out.size(), "%g", x);
  return out.data();
}

std::string one_of(const std::vector<std::string_view>& names) {
  std::string out;
  for (std::size_t i = 0; i < names.size(); ++i)
    out += (i == 0 ? "" : i + 1 == names.size() ? " or " : ", ") + std::string{names[i]};
  return out;
}

std::string role_names() {
  return one_of({to_string(role::assigned_agent), to_string(role::context_person), to_string(role::secondary_agent),
                 to_string(role::secondary_visitor)});
}

std::string span(const duration_type& t) {
  const auto range =
      duration_text(t.min) + " to " + duration_text(t.max) + ", a whole number with a unit (ms, s, m, h, d)";
  return t.zero ? "0, or " + range : range;
}

constexpr std::string_view secret_forms = "as a string, {\"file\": path} or {\"env\": name}";

} // namespace

std::string environment_name(std::string_view key_name) {
  std::string out = "BELFRY_";
  for (const char c : key_name) {
    if (c == '.')
      out += '_';
    else if (is_upper(c))
      out += {'_', c};
    else
      out += c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  }
  return out;
}

bool holds_secret(const key& k) {
  return std::visit(overloaded{[](const secret_type&) { return true; }, [](const secrets_type&) { return true; },
                               // A token in place of its hash must not be printed either.
                               [](const tokens_type&) { return true; }, [](const apps_type&) { return true; },
                               [](const auto&) { return false; }},
                    k.type);
}

std::string type_name(const key& k) {
  return std::visit(overloaded{
                        [](const flag_type&) { return std::string{"boolean"}; },
                        [](const count_type& t) { return "number of " + std::string{t.unit}; },
                        [](const port_type&) { return std::string{"port"}; },
                        [](const factor_type&) { return std::string{"number"}; },
                        [](const duration_type&) { return std::string{"duration"}; },
                        [](const text_type&) { return std::string{"text"}; },
                        [](const choice_type&) { return std::string{"choice"}; },
                        [](const list_type&) { return std::string{"list"}; },
                        [](const roles_type&) { return std::string{"list of roles"}; },
                        [](const secret_type&) { return std::string{"secret"}; },
                        [](const secrets_type&) { return std::string{"secret or list of secrets"}; },
                        [](const templates_type&) { return std::string{"object"}; },
                        [](const apps_type&) { return std::string{"list of objects"}; },
                        [](const tokens_type&) { return std::string{"list of objects"}; },
                    },
                    k.type);
}

std::string allowed(const key& k) {
  return std::visit(
      overloaded{
          [](const flag_type&) { return std::string{"true or false"}; },
          [](const count_type& t) {
            return "a whole number from " + std::to_string(t.min) + " to " + std::to_string(t.max);
          },
          [](const port_type&) { return std::string{"a whole number from 1 to 65535"}; },
          [](const factor_type& t) { return "a number from " + number_text(t.min) + " to " + number_text(t.max); },
          [](const duration_type& t) { return span(t); },
          [](const text_type& t) { return std::string{t.format->allowed} + (t.required ? "" : "; empty for none"); },
          [](const choice_type& t) { return one_of(t.names); },
          [](const list_type& t) {
            return "a list of at most " + std::to_string(config_list_max) + ", each " + std::string{t.format->allowed};
          },
          [](const roles_type&) { return "a list of " + role_names() + ", each at most once"; },
          [](const secret_type& t) {
            return std::string{t.format->allowed} + ", " + std::string{secret_forms} + "; empty for none";
          },
          [](const secrets_type& t) {
            return "at most " + std::to_string(t.max) + ", each " + std::string{t.format->allowed} + ", "
                   + std::string{secret_forms};
          },
          [](const templates_type&) { return std::string{"{kind: {locale: {\"subject\", \"text\", \"html\"?}}}"}; },
          [](const apps_type&) {
            return std::string{"[{\"app\", \"fcm\": {\"projectId\", \"serviceAccountKey\"}?, \"apns\": {\"teamId\", "
                               "\"keyId\", \"key\", \"bundleId\"}?}]"};
          },
          [](const tokens_type&) { return "[{\"name\", \"role\": " + one_of(token_role_names()) + ", \"sha256\"}]"; },
      },
      k.type);
}

} // namespace belfry

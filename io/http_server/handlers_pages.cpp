#include "belfry/io/http_server/handlers.hpp"
#include "belfry/io/http_server/static_files.hpp"

#include <nlohmann/json.hpp>

namespace belfry::io::http {

namespace {

/// A page of ours loads from nowhere else, and is framed by nobody.
constexpr std::string_view page_policy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self' ws: wss:; "
    "worker-src 'self'; manifest-src 'self'; form-action 'none'; frame-ancestors 'none'; base-uri 'none'";

/// Files change with the program only; a worker must be seen changed at once.
response file(std::string_view type, std::string_view content) {
  return {200, std::string{type}, std::string{content}, {}};
}

constexpr std::string_view script_type = "text/javascript; charset=utf-8";

response page(std::string_view content) {
  auto out = file("text/html; charset=utf-8", content);
  out.headers = {{"Content-Security-Policy", std::string{page_policy}}, {"Referrer-Policy", "no-referrer"}};
  return out;
}

} // namespace

void get_page_script(const context&, const std::shared_ptr<exchange>& x) {
  x->answer(file(script_type, static_files::page_script));
}

void get_worker_script(const context& c, const std::shared_ptr<exchange>& x) {
  // What is shown when the worker cannot open a message is the operator's word.
  constexpr std::string_view placeholder = R"("You have a new notification")";
  std::string text{static_files::worker_script};
  if (auto at = text.find(placeholder); at != std::string::npos)
    text.replace(at, placeholder.size(), nlohmann::json(c.opts.web_push.unencrypted_default_notification_title).dump());
  auto out = file(script_type, text);
  out.headers.emplace_back("Service-Worker-Allowed", "/");
  x->answer(std::move(out));
}

void redirect_to_desk(const context&, const std::shared_ptr<exchange>& x) {
  x->answer({308, {}, {}, {{"Location", "/desk/"}}});
}

void get_desk(const context&, const std::shared_ptr<exchange>& x) {
  x->answer(page(static_files::desk_page));
}

void get_desk_script(const context&, const std::shared_ptr<exchange>& x) {
  x->answer(file(script_type, static_files::desk_script));
}

void get_desk_style(const context&, const std::shared_ptr<exchange>& x) {
  x->answer(file("text/css; charset=utf-8", static_files::desk_style));
}

void get_console(const context&, const std::shared_ptr<exchange>& x) {
  x->answer(page(static_files::console_page));
}

void get_console_script(const context&, const std::shared_ptr<exchange>& x) {
  x->answer(file(script_type, static_files::console_script));
}

} // namespace belfry::io::http

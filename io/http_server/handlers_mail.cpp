#include "belfry/io/http_server/handlers.hpp"

namespace belfry::io::http {

namespace {

std::string_view mails_about(kind k) {
  switch (k) {
  case kind::incoming_call:
    return "incoming calls";
  case kind::missed_call:
    return "missed calls";
  default:
    return "new messages";
  }
}

/// A page without a script, a picture, or anything from elsewhere, readable on a phone and in the dark.
response page(int status, const std::string& text, std::string_view form = {}) {
  std::string html = R"(<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark"><title>Mail notifications</title>
<style>body{font:1.1rem/1.5 system-ui,sans-serif;max-width:32rem;margin:15vh auto;padding:0 1rem}
button{font:inherit;padding:.5rem 1.5rem}</style></head><body><p>)";
  html += text;
  html += "</p>";
  html += form;
  html += "</body></html>\n";
  return {status,
          "text/html; charset=utf-8",
          std::move(html),
          {{"Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'"},
           // With "no-referrer" a browser would not say that the form comes from this page (Origin: null).
           {"Referrer-Policy", "same-origin"}}};
}

} // namespace

void get_email_suppression(const context& c, const std::shared_ptr<exchange>& x) {
  c.service.get_email_suppression(x->params[0], x->then<suppression_view>([](const suppression_view& v) {
    return json_response(200, to_json(v));
  }));
}

void delete_email_suppression(const context& c, const std::shared_ptr<exchange>& x) {
  c.service.delete_email_suppression(x->params[0], x->then<success>([](const success&) {
    return response{204, {}, {}, {}};
  }));
}

void get_unsubscribe(const context& c, const std::shared_ptr<exchange>& x) {
  auto show = [](kind k) {
    return page(200, "Do you want no more mails about " + std::string{mails_about(k)} + "?",
                R"(<form method="post"><button>Stop these mails</button></form>)");
  };
  c.service.unsubscribe(x->params[0], false, x->then<kind>(show));
}

void post_unsubscribe(const context& c, const std::shared_ptr<exchange>& x) {
  auto show = [](kind k) { return page(200, "You get no more mails about " + std::string{mails_about(k)} + "."); };
  c.service.unsubscribe(x->params[0], true, x->then<kind>(show));
}

} // namespace belfry::io::http

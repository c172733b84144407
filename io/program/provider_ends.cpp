#include "belfry/io/program/provider_ends.hpp"

#include "belfry/messages/json_print.hpp"
#include "belfry/tests/support/providers/apns_simulator.hpp"
#include "belfry/tests/support/providers/fcm_simulator.hpp"
#include "belfry/tests/support/providers/key_pem.hpp"
#include "belfry/tests/support/providers/push_service.hpp"
#include "belfry/tests/support/providers/smtp_server.hpp"
#include "belfry/tests/support/providers/webhook_sink.hpp"

#include <gmime/gmime.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <atomic>
#include <fstream>
#include <map>
#include <mutex>
#include <optional>
#include <thread>

namespace belfry::program {

namespace {

using nlohmann::json;

constexpr auto look_every = std::chrono::milliseconds{100};
constexpr auto mail_user = "belfry";
constexpr auto mail_password = "simulate";
constexpr auto team = "TEAMID1234";
constexpr auto key_id = "KEYID12345";
constexpr auto bundle = "com.example.chat";
constexpr auto project = "belfry-demo";
constexpr auto browser_token = "browser";

/// JSON where it is JSON, else a string.
json parsed(const std::string& text) {
  auto x = json::parse(text, nullptr, false);
  return x.is_discarded() ? json(text) : x;
}

json object_at(const json& x, const char* name) {
  const auto i = x.is_object() ? x.find(name) : x.end();
  return i != x.end() && i->is_object() ? *i : json::object();
}

std::string text_at(const json& x, const char* name) {
  const auto i = x.find(name);
  return i != x.end() && i->is_string() ? i->get<std::string>() : std::string{};
}

/// A mail as its reader sees it.
struct read_mail {
  std::string subject, text, html;
};

void add_part(GMimeObject*, GMimeObject* part, void* out) {
  if (!GMIME_IS_TEXT_PART(part))
    return;
  auto& mail = *static_cast<read_mail*>(out);
  auto* text = g_mime_text_part_get_text(GMIME_TEXT_PART(part));
  auto* type = g_mime_object_get_content_type(part);
  (g_mime_content_type_is_type(type, "text", "html") ? mail.html : mail.text) = text != nullptr ? text : "";
  g_free(text);
}

read_mail read(const std::string& content) {
  static const bool ready = (g_mime_init(), true);
  static_cast<void>(ready);
  read_mail out;
  auto* stream = g_mime_stream_mem_new_with_buffer(content.data(), content.size());
  auto* parser = g_mime_parser_new_with_stream(stream);
  if (auto* message = g_mime_parser_construct_message(parser, nullptr); message != nullptr) {
    if (const auto* subject = g_mime_message_get_subject(message); subject != nullptr)
      out.subject = subject;
    g_mime_message_foreach(message, add_part, &out);
    g_object_unref(message);
  }
  g_object_unref(parser);
  g_object_unref(stream);
  return out;
}

/// Each line behind a mark.
std::string indented(const std::string& text) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    auto end = std::min(text.find('\n', at), text.size());
    auto line = text.substr(at, end - at);
    if (!line.empty() && line.back() == '\r')
      line.pop_back();
    out += "\n            | " + line;
    at = end + 1;
  }
  return out;
}

} // namespace

struct provider_ends::ends {
  ends(std::string where, std::function<void(const arrival&)> f, std::vector<simulated_fault> wrong)
      : folder(std::move(where)),
        on_arrival(std::move(f)),
        faults(std::move(wrong)),
        apple({.tls = tls,
               .team_id = team,
               .bundle_id = bundle,
               .log_max = 0,
               .faults = [this](const test::http2_request& r) { return fault(push_end::apns, "APNS", r); },
               .on_push = [this](const test::apns_push& p) { tell("APNS", words_of(p), test::to_json_line(p)); }}),
        google({.tls = tls,
                .project_id = project,
                .log_max = 0,
                .faults = [this](const test::http2_request& r) { return fault(push_end::fcm, "FCM", r); },
                .on_message = [this](const test::fcm_message& m) { tell("FCM", words_of(m), test::to_json_line(m)); }}),
        push({.tls = tls,
              .faults = [this](const test::http2_request& r) { return fault(push_end::web_push, "WEB_PUSH", r); },
              .on_push = [this](const test::web_push& p) { tell_push(p); }}),
        mail({.security = test::smtp_security::starttls, .tls = tls, .user = mail_user, .password = mail_password}),
        looker([this] { look(); }) {
    write("ca.pem", tls.chain);
    write("apns.p8", test::ec_pem());
    write("vapid.pem", test::ec_pem());
    write("account.json", print({{"project_id", project},
                                 {"private_key_id", "k1"},
                                 {"private_key", test::rsa_pem()},
                                 {"client_email", "push@belfry-demo.iam.gserviceaccount.com"},
                                 {"token_uri", google.url() + "/token"}}));
  }

  ~ends() {
    stopping = true;
    looker.join();
  }

  std::string name_of(const std::string& device, const std::string& token) {
    std::lock_guard guard{lock};
    auto i = owners.find(token);
    return i == owners.end() ? device + " " + token.substr(0, 8) : i->second;
  }

  std::string words_of(const test::apns_push& p) {
    const auto payload = parsed(p.payload);
    const auto aps = object_at(payload, "aps");
    const auto alert = object_at(aps, "alert");
    const auto badge = aps.contains("badge") ? print(aps["badge"]) : "";
    return name_of("iPhone", p.token) + " "
           + seen_on_phone(object_at(payload, "belfry"), text_at(alert, "title"), text_at(alert, "body"), badge)
           + outcome_of(p.status, p.reason);
  }

  std::string words_of(const test::fcm_message& m) {
    const auto message = parsed(m.text);
    const auto data = object_at(message, "data");
    const auto shown = object_at(object_at(message, "android"), "notification");
    return name_of("Android", m.token) + " "
           + seen_on_phone(data, text_at(shown, "title"), text_at(shown, "body"),
                           text_at(data, "recipientNotificationCount"))
           + outcome_of(m.status, m.reason);
  }

  /// What its owner sees of a push, with the number on the app's icon.
  static std::string seen_on_phone(const json& data, const std::string& title, const std::string& body,
                                   const std::string& badge) {
    const auto what = text_at(data, "kind");
    std::string out = "shows";
    if (what == "incoming_call")
      out = "rings: " + text_at(data, "callerName") + " (" + text_at(data, "callType") + ")";
    else if (what == "revoke_call")
      out = "stops ringing (" + text_at(data, "reason") + ")";
    else if (what == "read_message")
      out = "takes back what it shows";
    else if (data.contains("payload"))
      out = "shows what it opens with its own key, else";
    if (!title.empty() && what != "incoming_call")
      out += " \"" + title + (body.empty() ? "" : ": " + body) + "\"";
    return out + (badge.empty() ? "" : ", badge " + badge);
  }

  static std::string outcome_of(int status, const std::string& reason) {
    return status / 100 == 2 ? "" : " (refused: " + std::to_string(status) + " " + reason + ")";
  }

  std::optional<test::http2_reply> fault(push_end end, const std::string& provider, const test::http2_request& r) {
    if (faults.empty() || r.path == "/token")
      return std::nullopt;
    std::unique_lock guard{fault_lock};
    const auto* f = next_fault(faults, end);
    guard.unlock();
    if (f == nullptr)
      return std::nullopt;
    tell(provider, "goes wrong as asked: " + f->name(), print({{"fault", f->name()}, {"path", r.path}}));
    return f->reply();
  }

  void tell_push(const test::web_push& p) {
    json x{{"token", p.token}, {"ttl", p.ttl}, {"urgency", p.urgency}, {"topic", p.topic}, {"status", p.status}};
    auto words = "browser " + p.token + ": ";
    auto inner = opened(p.body);
    if (auto outer = inner ? inner : owner.open(p.body)) {
      x["opened"] = parsed(*outer);
      const auto& o = x["opened"];
      words += inner && o.is_object() && o.contains("title")
                   ? o.value("title", "") + ": " + o.value("body", "") + " [" + o.value("tag", "") + "]"
                   : *outer;
    } else {
      words += "not for the browser of this simulator";
    }
    tell("WEB_PUSH", words + outcome_of(p.status, ""), print(x));
  }

  std::optional<std::string> opened(const std::string& body) {
    std::lock_guard guard{lock};
    return secret.empty() ? std::nullopt : owner.open_both(body, subscription_id, secret);
  }

  void tell(const std::string& provider, std::string words, const std::string& line) {
    auto x = parsed(line);
    x["provider"] = provider;
    std::lock_guard guard{lock};
    on_arrival({provider, std::move(words), print(x)});
  }

  /// Mail server and sink are asked.
  void look() {
    std::size_t mails = 0, requests = 0;
    while (!stopping) {
      if (mail.count() > mails) {
        const auto all = mail.mails();
        for (; mails < all.size(); ++mails)
          tell_mail(all[mails]);
      }
      std::vector<test::received_request> fresh;
      sink.wait_until(
          [&](const std::vector<test::received_request>& log) {
            for (; requests < log.size(); ++requests)
              fresh.push_back(log[requests]);
            return !fresh.empty();
          },
          look_every);
      for (const auto& r : fresh) {
        json headers = json::object();
        for (const auto& [name, value] : r.headers)
          headers[name] = value;
        tell("WEBHOOK", r.path + ": " + r.body,
             print({{"path", r.path}, {"headers", headers}, {"body", parsed(r.body)}}));
      }
    }
  }

  void tell_mail(const test::received_mail& m) {
    auto seen = read(m.content);
    auto html = "mail-" + std::to_string(++mails_kept) + ".html";
    write(html, seen.html);
    tell("EMAIL", "mailbox " + m.to + ": " + seen.subject + " (HTML: " + path(html) + ")" + indented(seen.text),
         print({{"from", m.from},
                {"to", m.to},
                {"subject", seen.subject},
                {"text", seen.text},
                {"html", seen.html},
                {"content", m.content}}));
  }

  void write(const std::string& name, const std::string& text) const { std::ofstream{path(name)} << text; }
  std::string path(const std::string& name) const { return folder + "/" + name; }

  const std::string folder;
  const std::function<void(const arrival&)> on_arrival;
  std::mutex lock, fault_lock;
  std::vector<simulated_fault> faults;
  std::atomic<bool> stopping{false};
  int mails_kept = 0;
  std::string subscription_id, secret;
  std::map<std::string, std::string> owners;
  test::certificate tls = test::make_certificate({"127.0.0.1"});
  test::browser owner;
  test::apns_simulator apple;
  test::fcm_simulator google;
  test::push_service push;
  test::smtp_server mail;
  test::webhook_sink sink;
  std::thread looker;
};

provider_ends::provider_ends(std::string folder, std::function<void(const arrival&)> on_arrival,
                             std::vector<simulated_fault> faults)
    : ends_(std::make_unique<ends>(std::move(folder), std::move(on_arrival), std::move(faults))) {}

provider_ends::~provider_ends() = default;

std::vector<std::string> provider_ends::settings() const {
  auto file = [&](const char* name) { return R"({"file":")" + ends_->path(name) + R"("})"; };
  return {"outbound.allowPlainHttp=true",
          R"(outbound.allowedNetworks=["127.0.0.0/8"])",
          "outbound.caFile=" + ends_->path("ca.pem"),
          "email.enabled=true",
          "email.from=Belfry <chat@example.com>",
          "email.smtp.host=127.0.0.1",
          "email.smtp.port=" + std::to_string(ends_->mail.port()),
          "email.smtp.tls=starttls",
          std::string{"email.smtp.user="} + mail_user,
          std::string{"email.smtp.password="} + mail_password,
          "mobile.enabled=true",
          std::string{"mobile.fcm.projectId="} + project,
          "mobile.fcm.serviceAccountKey=" + file("account.json"),
          "mobile.fcm.endpoint=" + ends_->google.url(),
          std::string{"mobile.apns.teamId="} + team,
          std::string{"mobile.apns.keyId="} + key_id,
          "mobile.apns.key=" + file("apns.p8"),
          std::string{"mobile.apns.bundleId="} + bundle,
          "mobile.apns.production=" + ends_->apple.url(),
          "mobile.apns.sandbox=" + ends_->apple.url(),
          "webPush.enabled=true",
          "webPush.subject=mailto:ops@example.com",
          "webPush.privateKey=" + file("vapid.pem"),
          R"(webPush.allowedHosts=["127.0.0.1"])"};
}

void provider_ends::lead_here(options& o) const {
  o.outbound.allow_plain_http = true;
  o.outbound.allowed_networks = {"127.0.0.0/8"};
  o.outbound.ca_file = ends_->path("ca.pem");
  o.email.enabled = true;
  o.email.from = "Belfry <chat@example.com>";
  o.email.smtp_host = "127.0.0.1";
  o.email.smtp_port = ends_->mail.port();
  o.email.tls = smtp_tls::starttls;
  o.email.smtp_user = mail_user;
  o.email.smtp_password.value = mail_password;
  o.mobile.enabled = true;
  o.mobile.fcm.project_id = project;
  std::ifstream account{ends_->path("account.json")};
  o.mobile.fcm.service_account_key.value = {std::istreambuf_iterator<char>{account}, {}};
  o.mobile.fcm_endpoint = ends_->google.url();
  o.mobile.apns = {team, key_id, bundle, {test::ec_pem()}};
  o.mobile.apns_production = o.mobile.apns_sandbox = ends_->apple.url();
  o.web_push.enabled = true;
  o.web_push.subject = "mailto:ops@example.com";
  o.web_push.private_key.value = test::ec_pem();
  // Beside the simulated service those of real browsers, which the viewer may bring to the Agent Desk.
  o.web_push.allowed_hosts.emplace_back("127.0.0.1");
}

void provider_ends::call_device(const std::string& token, const std::string& name) {
  std::lock_guard guard{ends_->lock};
  ends_->owners[token] = name;
}

std::string provider_ends::webhook_url() const {
  return ends_->sink.url();
}

void provider_ends::subscribed(const std::string& id, const std::string& secret) {
  std::lock_guard guard{ends_->lock};
  ends_->subscription_id = id;
  ends_->secret = secret;
}

std::string provider_ends::subscription() const {
  return print({{"endpoint", ends_->push.endpoint(browser_token)},
                {"keys", {{"p256dh", ends_->owner.p256dh()}, {"auth", ends_->owner.auth()}}},
                {"desk", "AGENT_DESK"},
                {"installId", "simulator"}});
}

} // namespace belfry::program

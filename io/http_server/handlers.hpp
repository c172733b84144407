#pragma once

#include "belfry/io/http_server/exchange.hpp"

/// What the routes of SPEC 13 do. Each reads its parameters and body, asks the service once, and answers once.
namespace belfry::io::http {

void post_events(const context& c, const std::shared_ptr<exchange>& x);

void get_person(const context& c, const std::shared_ptr<exchange>& x);
void put_person(const context& c, const std::shared_ptr<exchange>& x);
void delete_person(const context& c, const std::shared_ptr<exchange>& x);
void get_notification_count(const context& c, const std::shared_ptr<exchange>& x);

void get_devices(const context& c, const std::shared_ptr<exchange>& x);
void get_device(const context& c, const std::shared_ptr<exchange>& x);
void put_device(const context& c, const std::shared_ptr<exchange>& x);
void delete_device(const context& c, const std::shared_ptr<exchange>& x);

void get_pause(const context& c, const std::shared_ptr<exchange>& x);
void put_pause(const context& c, const std::shared_ptr<exchange>& x);
void put_pause_reason(const context& c, const std::shared_ptr<exchange>& x);
void delete_pause_reason(const context& c, const std::shared_ptr<exchange>& x);

void get_email_suppression(const context& c, const std::shared_ptr<exchange>& x);
void delete_email_suppression(const context& c, const std::shared_ptr<exchange>& x);
/// A page with one button; POST (of that button, or of the mail program, RFC 8058) acts.
void get_unsubscribe(const context& c, const std::shared_ptr<exchange>& x);
void post_unsubscribe(const context& c, const std::shared_ptr<exchange>& x);

void get_web_push_key(const context& c, const std::shared_ptr<exchange>& x);
void get_subscriptions(const context& c, const std::shared_ptr<exchange>& x);
void post_subscription(const context& c, const std::shared_ptr<exchange>& x);
void delete_subscription(const context& c, const std::shared_ptr<exchange>& x);
void post_health_check(const context& c, const std::shared_ptr<exchange>& x);

/// The files of web/.
void get_page_script(const context& c, const std::shared_ptr<exchange>& x);
void get_worker_script(const context& c, const std::shared_ptr<exchange>& x);
void redirect_to_desk(const context& c, const std::shared_ptr<exchange>& x);
void get_desk(const context& c, const std::shared_ptr<exchange>& x);
void get_desk_script(const context& c, const std::shared_ptr<exchange>& x);
void get_desk_style(const context& c, const std::shared_ptr<exchange>& x);
void get_console(const context& c, const std::shared_ptr<exchange>& x);
void get_console_script(const context& c, const std::shared_ptr<exchange>& x);

void get_webhooks(const context& c, const std::shared_ptr<exchange>& x);
void post_webhook(const context& c, const std::shared_ptr<exchange>& x);
void get_webhook(const context& c, const std::shared_ptr<exchange>& x);
void put_webhook(const context& c, const std::shared_ptr<exchange>& x);
void delete_webhook(const context& c, const std::shared_ptr<exchange>& x);
void ping_webhook(const context& c, const std::shared_ptr<exchange>& x);

void get_conversation(const context& c, const std::shared_ptr<exchange>& x);
void get_notifications(const context& c, const std::shared_ptr<exchange>& x);
void get_notification(const context& c, const std::shared_ptr<exchange>& x);

void get_health(const context& c, const std::shared_ptr<exchange>& x);
void get_readiness(const context& c, const std::shared_ptr<exchange>& x);
void get_metrics(const context& c, const std::shared_ptr<exchange>& x);
void get_openapi(const context& c, const std::shared_ptr<exchange>& x);

/// The OpenAPI document as it stands in docs/openapi.json.
std::string_view openapi_document();

/// The filter of GET /v1/notifications; ec::bad_input names the parameter at fault.
result<trace_query> parse_trace_query(const std::vector<std::pair<std::string, std::string>>& query);

/// Wall time, for the deadlines that come with requests.
millis now_millis();

} // namespace belfry::io::http

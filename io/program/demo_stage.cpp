#include "belfry/io/program/demo_stage.hpp"

#include "belfry/messages/json.hpp"

#include <cstdlib>
#include <filesystem>
#include <future>

namespace belfry::program {

namespace {

/// Longer than every wait of the demo's options.
constexpr auto patience = std::chrono::seconds{10};

/// Calls an asynchronous function and waits for its answer.
template <class T, class F>
result<T> ask(F&& call) {
  auto answer = std::make_shared<std::promise<result<T>>>();
  auto ready = answer->get_future();
  call([answer](result<T> r) { answer->set_value(std::move(r)); });
  return ready.get();
}

/// 64 hex digits.
std::string token_of(const std::string& whose) {
  std::string out;
  for (const auto c : whose)
    for (const auto nibble : {c >> 4 & 15, c & 15})
      out += "0123456789abcdef"[nibble];
  out.resize(64, '0');
  return out;
}

options demo_options(const std::string& folder) {
  options o;
  o.account.id = "demo";
  o.store.path = folder + "/demo.db";
  o.push.debounce_delay = 800ms;
  o.push.debounce_delay_when_in_conversation = 2s;
  o.calls.not_answered_timeout = 1500ms;
  o.calls.forward_to_hidden_agents = forward_rule::on_timeout;
  o.email.delay = 1s;
  return o;
}

} // namespace

result<std::unique_ptr<demo_stage>> demo_stage::open() {
  auto pattern = (std::filesystem::temp_directory_path() / "belfry-demo-XXXXXX").string();
  if (!mkdtemp(pattern.data()))
    return error{ec::store_unavailable, "no temporary folder can be made at " + pattern, {}};
  std::unique_ptr<demo_stage> stage{new demo_stage{pattern}};
  if (auto ok = stage->start(); !ok)
    return ok.error();
  return stage;
}

demo_stage::demo_stage(std::string folder) : folder_(std::move(folder)), opts_(demo_options(folder_)) {
  // nop
}

demo_stage::~demo_stage() {
  if (engine_)
    engine_->stop(std::chrono::seconds{5});
  engine_.reset();
  providers_.reset();
  printer_.reset();
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

result<success> demo_stage::start() {
  printer_ = std::make_unique<demo_printer>(sink_);
  providers_ = std::make_unique<provider_ends>(folder_, [this](const arrival& x) {
    if (x.provider != "WEBHOOK")
      printer_->arrived(x.words);
  });
  providers_->lead_here(opts_);
  auto e = belfry::engine::start(opts_);
  if (!e)
    return e.error();
  engine_ = std::move(*e);
  webhook_input w;
  w.name = "demo";
  w.endpoint = sink_.url();
  for (int k = 0; k < kind_count; ++k)
    w.events.push_back("push_notification." + std::string{to_string(static_cast<kind>(k))});
  auto made = ask<webhook>([&](auto done) { engine_->create_webhook(w, done); });
  if (!made)
    return made.error();
  return success{};
}

void demo_stage::fail(const std::string& what) {
  going_well_ = false;
  printer_->happens("!! " + what);
}

std::string demo_stage::name_of(const person_id& id) const {
  auto i = profiles_.find(id);
  return i == profiles_.end() ? id : i->second.display_name.value_or(id);
}

void demo_stage::introduce(const person_id& id, person_type type, const std::string& name) {
  person_profile p;
  p.type = type;
  p.display_name = name;
  profiles_[id] = p;
  store(id);
}

void demo_stage::store(const person_id& id) {
  auto stored = ask<io::stored<person>>([&](auto done) { engine_->put_person(id, profiles_[id], done); });
  if (!stored)
    fail(stored.error().detail);
}

void demo_stage::has_mailbox(const person_id& id, const std::string& address) {
  profiles_[id].email = address;
  store(id);
}

void demo_stage::has_phone(const person_id& id, device_platform platform) {
  const auto iphone = platform == device_platform::ios;
  const auto name = name_of(id) + (iphone ? "'s iPhone" : "'s Android phone");
  device d;
  d.id = id + (iphone ? "-iphone" : "-android");
  d.platform = platform;
  // Tokens as the providers give them out: hex digits, and any text.
  d.push_token = iphone ? token_of(id) : id + "-token";
  if (iphone)
    d.push_kit_token = token_of(id + "'s calls");
  for (const auto& token : {d.push_token, d.push_kit_token}) {
    if (token)
      providers_->call_device(*token, name);
  }
  auto stored = ask<io::stored<device>>([&](auto done) { engine_->put_device(id, d, done); });
  if (!stored)
    fail(stored.error().detail);
}

void demo_stage::has_browser(const person_id& id) {
  auto input = parse_subscription(providers_->subscription());
  if (!input)
    return fail(input.error().detail);
  auto made = ask<new_subscription>([&](auto done) { engine_->create_subscription(id, *input, done); });
  if (!made)
    return fail(made.error().detail);
  providers_->subscribed(made->id, made->secret);
}

void demo_stage::happens(const std::string& sentence, const conversation_id& where, event_body what) {
  printer_->happens(sentence);
  event e;
  e.conversation = where;
  e.body = std::move(what);
  auto answer = engine_->publish(std::move(e)).get();
  if (!answer)
    fail(answer.error().detail);
  else if (!answer->refused.empty())
    fail(answer->refused.front().detail);
}

void demo_stage::writes(const person_id& sender, const conversation_id& where, const message_id& id,
                        const std::string& text) {
  message_sent m;
  m.message = id;
  m.sender = sender;
  m.text = text;
  happens(name_of(sender) + " writes in \"" + where + "\": " + text, where, std::move(m));
}

void demo_stage::explain(const conversation_id& where, const message_id& id) {
  trace_query q;
  q.conversation = where;
  q.message = id;
  auto page = ask<trace_page>([&](auto done) { engine_->query_notifications(q, done); });
  if (!page)
    return fail(page.error().detail);
  for (const auto& t : page->items) {
    if (t.state == trace_state::not_sent)
      printer_->not_told(name_of(t.recipient), std::string{to_string(t.reason)});
  }
}

void demo_stage::pause(const person_id& agent, pause_mode mode) {
  auto v = ask<pause_view>([&](auto done) { engine_->put_pause(agent, mode, std::nullopt, done); });
  if (!v)
    return fail(v.error().detail);
  printer_->happens(name_of(agent)
                    + (v->on ? " pauses: mobile and web push are held back, webhooks and mail go on"
                             : " is back: nothing is paused any more"));
}

void demo_stage::expect(const person_id& person, kind what, const conversation_id& where) {
  auto times = ++expected_[{person, what, where}];
  if (!printer_->wait_told(person, what, where, times, patience))
    fail(name_of(person) + " was not told " + std::string{to_string(what)} + " in \"" + where + "\"");
}

} // namespace belfry::program

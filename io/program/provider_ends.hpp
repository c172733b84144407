#pragma once

#include "belfry/config/options.hpp"
#include "belfry/io/program/simulated_faults.hpp"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace belfry::program {

/// Something that a provider's end got.
struct arrival {
  /// "EMAIL", "FCM", "APNS", "WEBHOOK" or "WEB_PUSH".
  std::string provider;
  /// For people, on one line or more.
  std::string words;
  /// A JSON object on one line, with `provider`.
  std::string json;
};

/// The ends of all providers on loopback: mail server, FCM, APNs, push service and a receiver of webhooks. They are the
/// strict ones of the tests: what a provider would refuse they refuse.
class provider_ends {
public:
  /// Puts keys and certificates into `folder`, which is there and goes with its owner. `on_arrival` is called on
  /// threads of the ends, one call at a time. Throws std::runtime_error when something cannot listen.
  provider_ends(std::string folder, std::function<void(const arrival&)> on_arrival,
                std::vector<simulated_fault> faults = {});
  ~provider_ends();
  provider_ends(const provider_ends&) = delete;
  provider_ends& operator=(const provider_ends&) = delete;

  /// "section.key=value", as --set takes them, that lead an engine here.
  std::vector<std::string> settings() const;
  /// The same as options.
  void lead_here(options& o) const;
  /// What is said of the device that has this token: "Ada's iPhone".
  void call_device(const std::string& token, const std::string& name);
  /// Where to register a webhook.
  std::string webhook_url() const;
  /// What POST .../web-push-subscriptions takes: a browser whose messages are opened here.
  std::string subscription() const;
  /// What it was answered: from here on the inner layer is opened too.
  void subscribed(const std::string& id, const std::string& secret);

private:
  struct ends;
  std::unique_ptr<ends> ends_;
};

} // namespace belfry::program

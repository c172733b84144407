#pragma once

#include "belfry/tests/hostile/random.hpp"

#include <nlohmann/json.hpp>

#include <string>
#include <vector>

namespace belfry::test::hostile {

using json = nlohmann::json;

/// A host of its own within the server: persons, conversations and the events between them. Its ids are nobody else's.
class host {
public:
  explicit host(random& chance);

  /// Starts all its conversations.
  json beginning() const;
  /// An event by chance; of the right shape, though its state may refuse it.
  json event();
  /// A message with an id of its own, in the conversation where nothing is read; counts whenever it arrives.
  json lonely_message();
  /// Those whose counts are looked at.
  const std::vector<std::string>& cast() const { return cast_; }
  const std::string& tag() const { return tag_; }

private:
  json message(const std::string& c);
  json around_messages(const std::string& c);
  json membership(const std::string& c);
  json call(const std::string& c);
  json other(const std::string& c);
  json short_lived();
  std::string fresh(const char* kind);

  random& chance_;
  std::string tag_;
  std::vector<std::string> cast_;
  std::vector<std::string> conversations_;
  std::string quiet_;
  std::vector<std::string> recent_;
  std::size_t made_ = 0;
};

/// A body for PUT by the kind of thing: a person, a device, a pause, a reason to pause, a webhook.
json person_body(random& chance);
json device_body(random& chance);
json pause_body(random& chance);
json reason_body(random& chance);
json webhook_body(random& chance);

} // namespace belfry::test::hostile

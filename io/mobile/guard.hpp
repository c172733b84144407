#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace belfry::io::mobile {

/// Tells a dead token from a wrong configuration (PROTOCOLS A-6): when a provider calls tokens of an app bad, either
/// they are, or the app is set up for the wrong host or topic, and then all tokens seem bad. One guard per app and
/// environment.
///
/// A token that is called bad is suspected. It is given up when another one of the app is accepted soon after; when too
/// many are suspected before that happens, all are acquitted, and it is the configuration that is to be looked at.
class deletion_guard {
public:
  /// So many suspects in a row accuse the configuration.
  static constexpr std::size_t suspects_max = 5;

  /// A token was called bad. True: from now on the configuration is suspected (an alarm, once).
  bool refused(const std::string& token);
  /// A token was accepted. Answers those that may be deleted now.
  std::vector<std::string> accepted();
  /// The configuration is suspected, until a token is accepted.
  bool alarmed() const { return alarmed_; }

private:
  std::vector<std::string> suspects_;
  bool alarmed_ = false;
};

} // namespace belfry::io::mobile

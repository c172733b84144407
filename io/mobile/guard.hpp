#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <unordered_map>
#include <unordered_set>

namespace belfry::io::mobile {

/// Tells a dead token from a wrong configuration (PROTOCOLS A-6, F-3): when a provider calls tokens of an app bad,
/// either they are, or the app is set up for the wrong host or topic, and then all tokens seem bad. One guard per app,
/// environment and topic.
///
/// A token that is called bad is suspected until it is accepted itself. It is given up when it is called bad again
/// after another one was accepted, and nobody else was called bad since. When too many answers in a row call tokens
/// bad, all are acquitted, and it is the configuration that is to be looked at.
class deletion_guard {
public:
  /// So many bad answers in a row accuse the configuration.
  static constexpr std::size_t in_a_row_max = 5;

  enum class verdict : std::uint8_t {
    /// It may be the configuration: the token stays.
    keep,
    /// The same, and from now on the configuration is suspected: an alarm.
    alarm,
    /// Others work, and this one does not: the token is dead.
    give_up,
  };

  /// `rounds`: so many times others must have been accepted since it was called bad.
  explicit deletion_guard(int rounds) : rounds_(rounds) {}
  deletion_guard() = default;

  /// `payload` was refused to `token`. What is the same for several tokens may have been bad itself.
  verdict refused(const std::string& token, const std::string& payload);
  void accepted(const std::string& token, const std::string& payload);

private:
  /// So much is remembered; beyond it all is forgotten, and nobody given up for it.
  static constexpr std::size_t memory_max = 10'000;

  struct suspect {
    std::string payload;
    /// `accepted_` when it was last refused.
    std::uint64_t since = 0;
    int rounds = 0;
  };

  bool worked_since(const suspect& s) const;

  int rounds_ = 1;
  std::unordered_map<std::string, suspect> suspects_;
  std::uint64_t accepted_ = 0;
  /// Payloads that were accepted, and the number of the last time.
  std::unordered_map<std::string, std::uint64_t> worked_;
  /// Since a token was last accepted.
  std::size_t in_a_row_ = 0;
  std::unordered_set<std::string> called_bad_;
  bool alarmed_ = false;
};

} // namespace belfry::io::mobile

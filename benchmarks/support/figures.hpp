#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <vector>

namespace belfry::bench {

/// Which way a target is a bound.
enum class bound { none, at_least, at_most };

/// Collects the figures of several repetitions and prints one line for each:
/// `figure<TAB>name<TAB>median<TAB>unit<TAB>target<TAB>ok|not|-<TAB>least<TAB>most`.
class figures {
public:
  /// In smoke mode nothing is judged: such a run is too short to say anything about speed.
  explicit figures(bool smoke) : smoke_(smoke) {}

  /// Adds the value of one repetition. The bound and the target of the first one hold.
  void add(const std::string& name, double value, const std::string& unit, bound b = bound::none, double target = 0);

  /// Notes that something did not work at all; the run fails.
  void failure(const std::string& what);

  /// All of it as text, one line each, and the inverse, which adds to what is there.
  std::string serialize() const;
  void deserialize(const std::string& text);

  /// Prints everything, and returns the exit code: 1 after a failure. A target that was missed is no failure.
  int print() const;

private:
  struct line {
    std::vector<double> values;
    std::string unit;
    bound direction = bound::none;
    double target = 0;
  };

  bool smoke_;
  std::vector<std::string> order_;
  std::map<std::string, line> lines_;
  std::vector<std::string> failures_;
};

/// The value below which the share `q` (0 to 1) of the values lies; 0 when there is none.
double quantile(std::vector<double> values, double q);

/// Adds `<name> p50` and `<name> p99` in milliseconds; a target of 0 is none.
void add_latencies(figures& out, const std::string& name, const std::vector<double>& milliseconds,
                   double p50_target = 0, double p99_target = 0);

} // namespace belfry::bench

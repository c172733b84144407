#include "belfry/benchmarks/support/figures.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <sstream>

namespace belfry::bench {

void figures::add(const std::string& name, double value, const std::string& unit, bound b, double target) {
  auto [i, fresh] = lines_.try_emplace(name);
  if (fresh) {
    order_.push_back(name);
    i->second = {{}, unit, b, target};
  }
  i->second.values.push_back(value);
}

void figures::failure(const std::string& what) {
  failures_.push_back(what);
}

std::string figures::serialize() const {
  std::ostringstream out;
  out.precision(15);
  for (const auto& name : order_) {
    const auto& l = lines_.at(name);
    for (auto v : l.values)
      out << "figure\t" << name << '\t' << v << '\t' << l.unit << '\t' << static_cast<int>(l.direction) << '\t'
          << l.target << '\n';
  }
  for (const auto& f : failures_)
    out << "failure\t" << f << '\n';
  return out.str();
}

void figures::deserialize(const std::string& text) {
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) {
    std::vector<std::string> parts;
    std::istringstream cut(line);
    for (std::string part; std::getline(cut, part, '\t');)
      parts.push_back(part);
    if (parts.size() == 6)
      add(parts[1], std::stod(parts[2]), parts[3], static_cast<bound>(std::stoi(parts[4])), std::stod(parts[5]));
    else if (parts.size() == 2)
      failure(parts[1]);
  }
}

namespace {

std::string number(double x) {
  char text[64];
  const auto size = std::fabs(x);
  std::snprintf(text, sizeof text, size >= 1000 ? "%.0f" : size >= 100 ? "%.1f" : size >= 10 ? "%.2f" : "%.3f", x);
  return text;
}

} // namespace

int figures::print() const {
  for (const auto& name : order_) {
    const auto& l = lines_.at(name);
    const auto median = quantile(l.values, 0.5);
    const auto [least, most] = std::minmax_element(l.values.begin(), l.values.end());
    std::string target = "-", verdict = "-";
    if (l.direction != bound::none) {
      target = (l.direction == bound::at_least ? ">= " : "<= ") + number(l.target);
      if (!smoke_)
        verdict = (l.direction == bound::at_least ? median >= l.target : median <= l.target) ? "ok" : "not";
    }
    std::printf("figure\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", name.c_str(), number(median).c_str(), l.unit.c_str(),
                target.c_str(), verdict.c_str(), number(*least).c_str(), number(*most).c_str());
  }
  for (const auto& f : failures_)
    std::printf("failure\t%s\n", f.c_str());
  std::fflush(stdout);
  return failures_.empty() ? 0 : 1;
}

double quantile(std::vector<double> values, double q) {
  if (values.empty())
    return 0;
  std::sort(values.begin(), values.end());
  return values[static_cast<std::size_t>(std::lround(q * static_cast<double>(values.size() - 1)))];
}

void add_latencies(figures& out, const std::string& name, const std::vector<double>& milliseconds, double p50_target,
                   double p99_target) {
  auto add = [&](const char* which, double q, double target) {
    out.add(name + which, quantile(milliseconds, q), "ms", target > 0 ? bound::at_most : bound::none, target);
  };
  add(" p50", 0.5, p50_target);
  add(" p99", 0.99, p99_target);
}

} // namespace belfry::bench

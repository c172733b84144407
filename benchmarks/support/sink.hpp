#pragma once

#include "belfry/benchmarks/support/driver.hpp"

#include <string>

namespace belfry::bench {

/// The work of a helper process that is a webhook sink: `board::port`, and `board::count` requests so far;
/// `board::extra[0]` wrong ones (checked against `secret` unless it is empty).
void serve_sink(board& b, const std::string& secret = {});

/// Its URL for a path that answers 200 at once.
std::string sink_url(const board& b);

} // namespace belfry::bench

#pragma once

#include "belfry/actors/node.hpp"
#include "belfry/io/service.hpp"
#include "belfry/messages/views.hpp"

namespace belfry {

/// Answers a query of the trace (SPEC 12, Explain; SPEC 13): what is stored, newest first; then, for a query about a
/// message, what its conversations compute for those for whom nothing is stored, by conversation and person. Runs on
/// the store's reader.
void query_trace(node& n, io::store& store, const trace_query& q, const io::reply<trace_page>& done);

} // namespace belfry

#include "belfry/actors/explain.hpp"

#include "belfry/actors/person/record_row.hpp"

#include <algorithm>
#include <set>
#include <tuple>
#include <utility>

namespace belfry {

namespace {

/// Conversations asked about a message when the query names none.
constexpr std::size_t explaining_conversations_max = 100;
/// Rows read at once to learn for whom something is stored.
constexpr std::size_t rows_max = 500;
/// Cursors from here on are places among the computed answers, which come after all that is stored.
constexpr std::uint64_t computed_base = std::uint64_t{1} << 63U;

/// Recipient and conversation of every stored new_message notification about the message, whatever its state.
using stored_for = std::set<std::pair<person_id, conversation_id>>;

/// Collects what the conversations compute, one after the other; answers when the last of them has, or did not in time.
class explanation {
public:
  explanation(const trace_query& q, trace_page page, stored_for stored, std::size_t asked, io::reply<trace_page> done)
      : query_(q), page_(std::move(page)), stored_(std::move(stored)), asked_(asked), done_(std::move(done)) {}

  void add(std::vector<trace_item> computed) {
    for (auto& t : computed) {
      if (!stored_.contains({t.recipient, t.conversation}) && (!query_.state || *query_.state == t.state))
        computed_.push_back(std::move(t));
    }
    if (--asked_ > 0)
      return;
    fill();
    done_(std::move(page_));
  }

private:
  /// The page takes as many computed answers as it has room for.
  void fill() {
    auto place = [](const trace_item& t) { return std::tie(t.conversation, t.recipient); };
    std::sort(computed_.begin(), computed_.end(), [&](const auto& a, const auto& b) { return place(a) < place(b); });
    auto from = query_.before >= computed_base ? query_.before - computed_base : 0;
    for (auto i = from; i < computed_.size(); ++i) {
      if (page_.items.size() == query_.limit) {
        page_.next = computed_base + i;
        return;
      }
      page_.items.push_back(std::move(computed_[i]));
    }
  }

  trace_query query_;
  trace_page page_;
  stored_for stored_;
  std::vector<trace_item> computed_;
  std::size_t asked_;
  io::reply<trace_page> done_;
};

bool computable(const trace_query& q) {
  return q.message && (!q.kind || *q.kind == kind::new_message);
}

/// The page's stored part.
result<trace_page> stored_page(io::store& store, const trace_query& q) {
  trace_page page;
  if (q.before >= computed_base)
    return page;
  auto rows = store.query(q);
  if (!rows)
    return rows.error();
  for (const auto& row : rows->rows) {
    if (auto r = from_row(row))
      page.items.push_back(to_trace(*r));
  }
  page.next = rows->next;
  return page;
}

result<stored_for> find_stored(io::store& store, const trace_query& about) {
  stored_for out;
  trace_query q;
  q.person = about.person;
  q.conversation = about.conversation;
  q.message = about.message;
  q.kind = kind::new_message;
  q.limit = rows_max;
  for (;;) {
    auto rows = store.query(q);
    if (!rows)
      return rows.error();
    for (const auto& row : rows->rows)
      out.emplace(row.person, row.conversation);
    if (rows->next == 0)
      return out;
    q.before = rows->next;
  }
}

/// The conversations that may know the message: the one that is named; else those where somebody was told of it, where
/// it was sent lately, and those of the person.
std::set<conversation_id> may_explain(const node& n, io::store& store, const trace_query& q) {
  if (q.conversation)
    return {*q.conversation};
  std::set<conversation_id> out;
  auto add = [&](const conversation_id& c) {
    if (out.size() < explaining_conversations_max)
      out.insert(c);
  };
  trace_query anybody;
  anybody.message = q.message;
  anybody.limit = explaining_conversations_max;
  if (auto rows = store.query(anybody)) {
    for (const auto& row : rows->rows)
      add(row.conversation);
  }
  if (auto lately = n.recent.find(*q.message))
    add(*lately);
  if (!q.person)
    return out;
  if (auto p = store.load_person(*q.person)) {
    for (const auto& c : p->conversations)
      add(c.id);
  }
  return out;
}

} // namespace

void query_trace(node& n, io::store& store, const trace_query& q, const io::reply<trace_page>& done) {
  auto page = stored_page(store, q);
  if (!page || page->next != 0 || !computable(q))
    return done(std::move(page));
  auto stored = find_stored(store, q);
  if (!stored)
    return done(stored.error());
  auto asked = may_explain(n, store, q);
  if (asked.empty())
    return done(std::move(page));
  auto all = std::make_shared<explanation>(q, std::move(*page), std::move(*stored), asked.size(), done);
  for (const auto& c : asked)
    n.to_conversation_of(c, ask_explain{q.person, *q.message, n.ask<std::vector<trace_item>>([all](auto computed) {
                                          all->add(computed ? std::move(*computed) : std::vector<trace_item>{});
                                        })});
}

} // namespace belfry

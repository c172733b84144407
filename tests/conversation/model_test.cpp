// Random histories of a conversation against the reference, with crashes at any point.
#include "reference.hpp"

#include "belfry/tests/support/conversation_driver.hpp"

#include <cstdlib>
#include <random>

namespace belfry::test {

namespace {

constexpr int walks = 2000;
constexpr int steps_max = 60;

std::uint64_t first_seed() {
  if (const auto* text = std::getenv("BELFRY_SEED"))
    return std::strtoull(text, nullptr, 10);
  return std::random_device{}();
}

class walk {
public:
  explicit walk(std::uint64_t seed) : dice_(seed) {
    choose_options();
    for (const auto& p : cast_)
      chat_.has(p.person, p.role);
    chat_.starts();
    chat_.on_told = [this](const person_id& p, const std::string& line) {
      told_[p].push_back(std::to_string(chat_.now) + " " + line);
    };
  }

  void go() {
    auto steps = 5 + roll(steps_max - 5);
    for (int i = 0; i < steps && !testing::Test::HasFailure(); ++i) {
      step();
      if (roll(10) == 0)
        compare();
    }
    compare();
  }

private:
  int roll(int sides) { return static_cast<int>(dice_() % static_cast<std::uint64_t>(sides)); }
  bool coin() { return roll(2) == 0; }

  void choose_options() {
    auto& push = chat_.opts.push;
    push.enabled = roll(10) != 0;
    push.own_message_reads = coin();
    push.debounce_delay = duration{1 + roll(3) * 500};
    push.debounce_max_wait = duration{roll(3) * 1500};
    push.secondary_agent_rule = static_cast<secondary_rule>(roll(3));
    push.secondary_visitor_rule = static_cast<secondary_rule>(roll(3));
    if (roll(3) == 0)
      push.participants = {role::context_person, role::secondary_agent};
    if (roll(3) == 0)
      push.bot_messages = {role::assigned_agent, role::secondary_visitor};
    chat_.opts.limits.unread_messages = coin() ? 1 + static_cast<std::uint64_t>(roll(6)) : 10'000;
  }

  std::string some_message() { return "m" + std::to_string(1 + roll(sent_ + 1)); }

  bool here(const person_id& p) { return chat_.core().state().find_active(p).has_value(); }

  void record(deed::what type, const person_id& who, const std::string& message = "") {
    history_.push_back({chat_.now, type, who, message});
  }

  void send(const participant_spec& p) {
    if (!here(p.person))
      return;
    auto m = "m" + std::to_string(++sent_);
    if (roll(6) == 0) {
      record(deed::what::system, p.person, m);
      chat_.system_says(m);
    } else if (!is_visitor(p.role) && roll(4) == 0) {
      record(deed::what::send_internal, p.person, m);
      chat_.sends_internal(p.person, m);
    } else {
      record(deed::what::send, p.person, m);
      chat_.sends(p.person, m);
    }
  }

  void step() {
    const auto& p = cast_[static_cast<std::size_t>(roll(static_cast<int>(cast_.size())))];
    const auto& who = p.person;
    auto m = some_message();
    switch (roll(16)) {
    case 0:
    case 1:
    case 2:
    case 3:
      return send(p);
    case 4:
    case 5: {
      auto upto = roll(3) == 0 ? "" : m;
      record(deed::what::read, who, upto);
      chat_.reads(who, upto.empty() ? std::nullopt : std::optional{upto});
      return;
    }
    case 6:
      record(deed::what::remove, who, m);
      chat_.deletes(m);
      return;
    case 7:
      return open(who);
    case 8:
      record(muted_ ? deed::what::unmute : deed::what::mute, who);
      chat_.mutes(who, !muted_);
      muted_ = !muted_;
      return;
    case 9:
      return move(p);
    case 10:
      chat_.edits(m, "edited");
      return;
    case 11:
      record(chat_.online.contains(who) ? deed::what::offline : deed::what::online, who);
      if (chat_.online.erase(who) == 0)
        chat_.online.insert(who);
      return;
    case 12:
      return chat_.crashes();
    case 13:
      return chat_.writes_row();
    default:
      chat_.passes(roll(4) * 500 + roll(3) * 5000 * roll(2));
    }
  }

  void open(const person_id& who) {
    auto close = coin();
    record(close ? deed::what::close : deed::what::open, who);
    close ? chat_.closes(who) : chat_.opens(who);
  }

  void move(const participant_spec& p) {
    if (here(p.person)) {
      record(deed::what::leave, p.person);
      chat_.leaves(p.person);
    } else {
      record(deed::what::join, p.person);
      chat_.joins(p.person, p.role);
    }
  }

  void compare() {
    reference r{chat_.opts, cast_};
    r.play(history_, chat_.now);
    for (const auto& p : cast_) {
      ASSERT_EQ(chat_.unread(p.person), r.unread(p.person)) << p.person;
      ASSERT_EQ(chat_.pending(p.person), r.pending(p.person)) << p.person;
      ASSERT_EQ(told_[p.person], r.told[p.person]);
    }
  }

  std::mt19937_64 dice_;
  chat chat_;
  std::vector<participant_spec> cast_{{"anna", role::assigned_agent, false, false},
                                      {"ben", role::context_person, false, false},
                                      {"sue", role::secondary_agent, false, false},
                                      {"vic", role::secondary_visitor, false, false},
                                      {"bot", role::none, false, false}};
  std::vector<deed> history_;
  std::map<person_id, lines> told_;
  int sent_ = 0;
  bool muted_ = false;
};

TEST(ConversationModel, BehavesAsTheReferenceInRandomHistories) {
  auto seed = first_seed();
  std::printf("BELFRY_SEED=%llu\n", static_cast<unsigned long long>(seed));
  for (int i = 0; i < walks; ++i) {
    walk{seed + static_cast<std::uint64_t>(i)}.go();
    ASSERT_FALSE(HasFailure()) << "repeat with BELFRY_SEED=" << seed + static_cast<std::uint64_t>(i);
  }
}

} // namespace

} // namespace belfry::test

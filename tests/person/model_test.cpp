// Random histories of one person against a plain reading of SPEC 1, 3 and 12, with crashes and sleep between any two
// steps: what goes out, and what is taken back where.
#include "desk.hpp"

#include <cstdlib>
#include <random>

namespace belfry::test {

namespace {

enum class stage { waiting, flying, parked };

struct ref_delivery {
  std::string target;
  bool announces = true;
  conversation_id conversation;
  message_id message;
  std::uint64_t order = 0;
  stage at = stage::waiting;
  bool left = false;
  /// Its end changes nothing that is shown.
  bool withdrawn = false;

  std::string name() const { return target + (announces ? " new_message " : " read_message ") + message; }
};

/// What SPEC says of the deliveries of one person.
class reference {
public:
  std::vector<ref_delivery> open;

  void message(const conversation_id& c, const message_id& m) {
    for (const auto* target : {"w1", "w2"}) {
      supersede(c, target, UINT64_MAX);
      open.push_back({target, true, c, m, ++orders_});
    }
  }

  /// The newer one takes the place of those that wait.
  void supersede(const conversation_id& c, const std::string& target, std::uint64_t before) {
    std::erase_if(open, [&](const ref_delivery& d) {
      if (!d.announces || d.conversation != c || d.target != target || d.at == stage::flying || d.order >= before)
        return false;
      if (d.left)
        shown_[c].left.insert(target);
      return true;
    });
  }

  template <class Which>
  void withdraw(const conversation_id& c, Which which) {
    std::erase_if(open, [&](ref_delivery& d) {
      if (!d.announces || d.conversation != c || d.withdrawn || !which(d))
        return false;
      (d.left || d.at == stage::flying ? shown_[c].left : shown_[c].skipped).insert(d.target);
      d.withdrawn = true;
      return d.at != stage::flying;
    });
  }

  /// A read_message goes out if something left since the count was last 0, but not where the announcement waited.
  void read(const conversation_id& c, const message_id& m) {
    withdraw(c, [](auto&) { return true; });
    auto shown = std::exchange(shown_[c], {});
    for (const std::string target : {"w1", "w2", "w3"}) {
      if (!shown.left.empty() && (shown.left.contains(target) || !shown.skipped.contains(target)))
        open.push_back({target, false, c, m, ++orders_});
    }
  }

  void ends(const ref_delivery& d, bool attempted) {
    if (d.announces && !d.withdrawn && (d.left || attempted))
      shown_[d.conversation].left.insert(d.target);
    else if (d.announces && !d.withdrawn)
      shown_[d.conversation].skipped.insert(d.target);
    std::erase_if(open, [name = d.name()](const ref_delivery& x) { return x.name() == name; });
  }

  bool newer_open(const ref_delivery& d) const {
    return d.announces && std::any_of(open.begin(), open.end(), [&](const ref_delivery& x) {
             return x.announces && x.target == d.target && x.conversation == d.conversation && x.order > d.order;
           });
  }

  /// Every unfinished one counts as left, but for what waits on disk and was never tried.
  void crash() {
    std::erase_if(open, [](const ref_delivery& d) { return d.withdrawn; });
    for (auto& d : open) {
      if (d.at == stage::parked)
        continue;
      d.at = stage::waiting;
      d.left = true;
    }
    // All are submitted again, oldest first.
    for (const auto& d : std::vector<ref_delivery>{open}) {
      if (d.announces && d.at == stage::waiting)
        supersede_lane(d);
    }
  }

  lines in_lanes() const {
    lines out;
    for (const auto& d : open) {
      if (d.at != stage::parked)
        out.push_back(d.name());
    }
    std::sort(out.begin(), out.end());
    return out;
  }

private:
  struct shown {
    std::set<std::string> left, skipped;
  };

  void supersede_lane(const ref_delivery& newer) {
    std::erase_if(open, [&](const ref_delivery& d) {
      if (!d.announces || d.conversation != newer.conversation || d.target != newer.target || d.at != stage::waiting
          || d.order >= newer.order)
        return false;
      shown_[d.conversation].left.insert(d.target);
      return true;
    });
  }

  std::map<conversation_id, shown> shown_;
  std::uint64_t orders_ = 0;
};

class history : public desk {
public:
  explicit history(std::uint32_t seed) : dice_(seed) {
    has("w1");
    has("w2");
    has("w3", {kind::read_message});
  }

  void step() {
    switch (dice_() % 14) {
    case 0:
    case 1:
    case 2:
      message(fresh("m"), "hello", conversation());
      return model_.message(conversation_, subject_);
    case 3:
    case 4:
      read(fresh("r"), conversation());
      return model_.read(conversation_, subject_);
    case 5:
      withdraw(reason::read_before_due, conversation());
      return model_.withdraw(conversation_, [](auto&) { return true; });
    case 6:
      return drops_one();
    case 7:
      return crash();
    case 8:
      return core().busy() ? void() : sleeps();
    default:
      return lane();
    }
  }

  void check() {
    auto held = waiting();
    std::sort(held.begin(), held.end());
    ASSERT_EQ(held, model_.in_lanes()) << "after " << log;
  }

  std::string log;

private:
  const std::string& fresh(const std::string& prefix) {
    subject_ = prefix + std::to_string(++subjects_);
    return subject_;
  }
  const conversation_id& conversation() { return conversation_ = dice_() % 2 == 0 ? "a" : "b"; }

  void drops_one() {
    auto m = "m" + std::to_string(std::max(subjects_, 1U) - dice_() % std::min(subjects_ + 1, 4U));
    drop(m, conversation());
    model_.withdraw(conversation_, [&](const ref_delivery& d) { return d.message == m; });
  }

  void crash() {
    log += "crash ";
    // At times the person does not live to hear of the last thing it was told.
    auto unheard = dice_() % 3 == 0;
    if (unheard)
      commits_only(belfry::withdraw{conversation(), reason::left});
    // What is said last is heard before the lanes get anything.
    crashes();
    unheard ? crash_unheard() : model_.crash();
  }

  void crash_unheard() {
    auto conversation = conversation_;
    // Those that flew or waited count as left; then they are withdrawn.
    for (auto& d : model_.open) {
      if (d.at == stage::parked)
        continue;
      d.at = stage::waiting;
      d.left = true;
    }
    model_.withdraw(conversation, [](auto&) { return true; });
    model_.crash();
  }

  void lane() {
    if (model_.open.empty())
      return;
    auto d = model_.open[dice_() % model_.open.size()];
    auto& mine = *std::find_if(model_.open.begin(), model_.open.end(),
                               [&](const ref_delivery& x) { return x.name() == d.name(); });
    log += d.name() + " ";
    switch (d.at) {
    case stage::waiting:
      return from_lane(mine);
    case stage::flying:
      return answer(mine);
    case stage::parked:
      mine.at = stage::waiting;
      ASSERT_TRUE(unparks(d.name()));
      if (d.announces)
        model_.supersede(d.conversation, d.target, d.order);
    }
  }

  void from_lane(ref_delivery& d) {
    auto name = d.name();
    if (dice_() % 4 == 0 && !model_.newer_open(d)) {
      d.at = stage::parked;
      return parks(name);
    }
    if (dice_() % 8 == 0) {
      model_.ends(ref_delivery{d}, false);
      return ends(name, delivery_state::cancelled, reason::paused);
    }
    d.at = stage::flying;
    ASSERT_EQ(asks(name), reason::none) << name;
  }

  void answer(ref_delivery& d) {
    auto name = d.name();
    if (dice_() % 8 == 0) {
      // Cleared, and not attempted after all.
      model_.ends(ref_delivery{d}, false);
      return ends(name, delivery_state::cancelled, reason::paused);
    }
    if (dice_() % 2 == 0 && !d.withdrawn && !model_.newer_open(d)) {
      d.at = stage::waiting;
      d.left = true;
      return answered(name, delivery_state::retrying, now + 1000);
    }
    model_.ends(ref_delivery{d}, true);
    answered(name, delivery_state::accepted);
  }

  std::mt19937 dice_;
  reference model_;
  std::string subject_;
  conversation_id conversation_;
  unsigned subjects_ = 0;
};

TEST(PersonModel, TakesBackWhatLeftAndNothingElseWhateverCrashesBetween) {
  const auto* given = std::getenv("BELFRY_SEED");
  for (int round = 0; round < (given ? 1 : 300); ++round) {
    auto seed = given ? static_cast<std::uint32_t>(std::strtoul(given, nullptr, 10)) : std::random_device{}();
    SCOPED_TRACE("BELFRY_SEED=" + std::to_string(seed));
    history h{seed};
    for (int i = 0; i < 120; ++i) {
      h.step();
      ASSERT_NO_FATAL_FAILURE(h.check());
      if (testing::Test::HasFailure())
        return;
    }
  }
}

} // namespace

} // namespace belfry::test

#pragma once

#include "belfry/io/channel.hpp"

namespace belfry {

/// Stands for a channel that this node does not have: nobody has an address there, and what an earlier configuration
/// left behind ends as `channel_disabled`.
class absent_channel final : public io::channel {
public:
  explicit absent_channel(channel_kind kind) : kind_(kind) {}

  channel_kind kind() const override { return kind_; }
  io::channel_policy policy() const override { return {}; }
  bool takes(belfry::kind) const override { return false; }
  std::vector<io::endpoint> endpoints(const io::addressee&, belfry::kind) const override { return {}; }
  reason usable(const std::string&, const io::addressee&, belfry::kind) const override {
    return reason::channel_disabled;
  }
  void attempt(io::attempt_input, std::function<void(io::attempt_result)> done) override {
    io::attempt_result r;
    r.how = io::attempt_result::verdict::impossible;
    r.answer.why = reason::channel_disabled;
    done(std::move(r));
  }

private:
  channel_kind kind_;
};

} // namespace belfry

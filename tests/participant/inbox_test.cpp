#include "belfry/actors/participant/inbox.hpp"

#include <gtest/gtest.h>

namespace belfry {

namespace {

fact message_at(position at, engine_time time) {
  fact f;
  f.at = at;
  f.time = time;
  f.recipients.insert(0);
  return f;
}

TEST(Inbox, SkipsFactsThatItHasSeen) {
  inbox box;
  fold(box, 0, message_at(1, 10), {});
  auto once = box;
  fold(box, 0, message_at(1, 10), {});
  EXPECT_EQ(box, once);
  EXPECT_EQ(box.unread, 1U);
  EXPECT_EQ(box.due, 1010);
}

TEST(Inbox, IgnoresWhatConcernsOthers) {
  inbox box;
  fold(box, 1, message_at(1, 10), {});
  EXPECT_TRUE(box.quiet());
  EXPECT_EQ(box.seen, 1U);
}

TEST(Inbox, IgnoresAnAnnouncementOfAnOlderWait) {
  inbox box;
  fold(box, 0, message_at(1, 10), {});
  fold(box, 0, message_at(2, 20), {});
  fold_announced(box, 1, true);
  EXPECT_EQ(box.pending, 2U);
  EXPECT_FALSE(box.told);
}

TEST(Inbox, IsBroughtBackByItsRow) {
  inbox box;
  fold(box, 0, message_at(1, 10), {});
  fold_announced(box, 1, true);
  fold(box, 0, message_at(2, 20), {});
  binary_writer out;
  encode(out, box);
  auto row = out.take();
  binary_reader in{row};
  inbox back;
  decode(in, back);
  EXPECT_TRUE(in.ok() && in.at_end());
  EXPECT_EQ(back, box);
}

} // namespace

} // namespace belfry

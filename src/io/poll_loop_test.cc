#include "io/poll_loop.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "io/clock.h"
#include "io/event_fd.h"

namespace parley::io {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(PollLoopTest, ComesBackAtTheDeadline) {
  PollLoop loop;
  const Timestamp start = monotonic_now();
  EXPECT_THAT(loop.wait(start + TimeDelta::millis(5)), IsEmpty());
  EXPECT_GE((monotonic_now() - start).us(), 4900);
  EXPECT_THAT(loop.wait(start), IsEmpty());
}

TEST(PollLoopTest, NamesAllThatIsReadableForAsLongAsItIs) {
  PollLoop loop;
  EventFd first;
  EventFd second;
  EventFd third;
  loop.watch_readable(first.fd(), 7);
  loop.watch_readable(second.fd(), 5);
  loop.watch_readable(third.fd(), 9);
  EXPECT_THAT(loop.wait(Timestamp()), IsEmpty());
  third.raise();
  first.raise();
  EXPECT_THAT(loop.wait(Timestamp::never()), ElementsAre(7, 9));
  EXPECT_THAT(loop.wait(Timestamp::never()), ElementsAre(7, 9));
  first.lower();
  EXPECT_THAT(loop.wait(Timestamp()), ElementsAre(9));
}

TEST(PollLoopTest, WaitsNotForWhatIsNotHeeded) {
  PollLoop loop;
  EventFd first;
  EventFd second;
  loop.watch_readable(first.fd(), 7);
  loop.watch_readable(second.fd(), 5);
  first.raise();
  second.raise();
  for (int i = 0; i < 2; ++i) {
    loop.heed(5, false);
    EXPECT_THAT(loop.wait(Timestamp()), ElementsAre(7));
  }
  for (int i = 0; i < 2; ++i) {
    loop.heed(5, true);
    EXPECT_THAT(loop.wait(Timestamp()), ElementsAre(7, 5));
  }
}

}  // namespace
}  // namespace parley::io

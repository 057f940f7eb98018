// The event loop of the control thread: everything that is not media runs on it, one callback at a
// time.
#pragma once

#include <functional>
#include <initializer_list>
#include <memory>

#include "base/units.h"

namespace boost::asio {
class io_context;
}

namespace parley::io {

// Boost.Asio behind a narrow door, so that only io/ pays for its headers. All functions are called
// on the loop's thread, before run() or from a callback, except where it says otherwise.
class ControlLoop {
 public:
  ControlLoop();
  ~ControlLoop();
  ControlLoop(const ControlLoop&) = delete;
  ControlLoop& operator=(const ControlLoop&) = delete;

  // Until stop(), also one that came before.
  void run();
  // From any thread. What runs is finished; what waits is not started.
  void stop();
  // From any thread: runs `work` on the loop's thread.
  void post(std::function<void()> work);
  // Calls `on_readable` whenever `fd` is readable. The descriptor stays the caller's and must live
  // as long as the loop runs.
  void watch_readable(int fd, std::function<void()> on_readable);
  // Calls `on_signal` for each of these signals from now on instead of what the system would do.
  void watch_signals(std::initializer_list<int> signals, std::function<void(int)> on_signal);

  boost::asio::io_context& context();

 private:
  friend class LoopTimer;
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// Calls back once at a point in time. Must not outlive its loop.
class LoopTimer {
 public:
  LoopTimer(ControlLoop& loop, std::function<void()> on_time);
  ~LoopTimer();
  LoopTimer(const LoopTimer&) = delete;
  LoopTimer& operator=(const LoopTimer&) = delete;

  // Replaces the point set before. never(): not at all.
  void set(Timestamp when);

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace parley::io

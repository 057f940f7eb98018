#include "io/control_loop.h"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <list>
#include <utility>

#include "io/clock.h"

namespace parley::io {
namespace asio = boost::asio;
namespace {

struct Watch {
  Watch(asio::io_context& context, int fd, std::function<void()> callback)
      : descriptor(context, fd), on_readable(std::move(callback)) {}
  ~Watch() { descriptor.release(); }

  void wait() {
    descriptor.async_wait(asio::posix::stream_descriptor::wait_read,
                          [this](const boost::system::error_code& error) {
                            if (error) return;
                            on_readable();
                            wait();
                          });
  }

  asio::posix::stream_descriptor descriptor;
  std::function<void()> on_readable;
};

}  // namespace

struct ControlLoop::Impl {
  // One thread runs it: Asio may leave out its inner locks where that is safe.
  asio::io_context context{1};
  asio::signal_set signals{context};
  std::function<void(int)> on_signal;
  std::list<Watch> watches;

  void wait_for_signal() {
    signals.async_wait([this](const boost::system::error_code& error, int signal) {
      if (error) return;
      on_signal(signal);
      wait_for_signal();
    });
  }
};

ControlLoop::ControlLoop() : impl_(std::make_unique<Impl>()) {}
ControlLoop::~ControlLoop() = default;

void ControlLoop::run() {
  const auto guard = asio::make_work_guard(impl_->context);
  impl_->context.run();
}

void ControlLoop::stop() {
  impl_->context.stop();
}

void ControlLoop::post(std::function<void()> work) {
  asio::post(impl_->context, std::move(work));
}

void ControlLoop::watch_readable(int fd, std::function<void()> on_readable) {
  impl_->watches.emplace_back(impl_->context, fd, std::move(on_readable)).wait();
}

void ControlLoop::watch_signals(std::initializer_list<int> signals,
                                std::function<void(int)> on_signal) {
  impl_->on_signal = std::move(on_signal);
  for (const int signal : signals) impl_->signals.add(signal);
  impl_->wait_for_signal();
}

asio::io_context& ControlLoop::context() {
  return impl_->context;
}

struct LoopTimer::Impl {
  Impl(asio::io_context& context, std::function<void()> callback)
      : timer(context), on_time(std::move(callback)) {}
  asio::steady_timer timer;
  std::function<void()> on_time;
  Timestamp when = Timestamp::never();
};

LoopTimer::LoopTimer(ControlLoop& loop, std::function<void()> on_time)
    : impl_(std::make_shared<Impl>(loop.context(), std::move(on_time))) {}

LoopTimer::~LoopTimer() {
  impl_->on_time = nullptr;
  impl_->timer.cancel();
}

void LoopTimer::set(Timestamp when) {
  if (when == impl_->when) return;
  impl_->when = when;
  if (when.is_never()) {
    impl_->timer.cancel();
    return;
  }
  const TimeDelta wait = when - monotonic_now();
  impl_->timer.expires_after(std::chrono::microseconds(wait.us() > 0 ? wait.us() : 0));
  impl_->timer.async_wait([impl = impl_, when](const boost::system::error_code& error) {
    if (error || impl->when != when || !impl->on_time) return;
    impl->when = Timestamp::never();
    impl->on_time();
  });
}

}  // namespace parley::io

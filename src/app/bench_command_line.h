// The arguments of `parley bench`.
#pragma once

#include <expected>
#include <memory>
#include <string>
#include <variant>

#include "app/bench_load.h"
#include "app/bench_publish.h"

namespace CLI {
class App;
}

namespace parley::app {

using BenchOptions = std::variant<BenchPublishOptions, BenchLoadOptions>;

class BenchCommandLine {
 public:
  // Adds `bench` and what belongs to it; both live as long as `app` is used.
  explicit BenchCommandLine(CLI::App& app);
  ~BenchCommandLine();
  BenchCommandLine(const BenchCommandLine&) = delete;
  BenchCommandLine& operator=(const BenchCommandLine&) = delete;

  // After parsing: whether `bench` was given.
  bool given() const;
  // What was asked for. The error is a sentence.
  std::expected<BenchOptions, std::string> options() const;

 private:
  struct Texts;
  std::unique_ptr<Texts> texts_;
};

}  // namespace parley::app

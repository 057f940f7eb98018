// Every file of protocol/golden/ against the codec; the TypeScript side checks the same files
// against the schema.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>

#include "signaling/codec.h"

namespace parley::signaling {
namespace {

struct Golden {
  std::string name;
  nlohmann::json file;
};

std::vector<Golden> load_goldens() {
  const auto folder = std::filesystem::path(PARLEY_SOURCE_DIR) / "protocol/golden";
  std::vector<Golden> goldens;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() != ".json") continue;
    std::ifstream stream(entry.path());
    goldens.push_back({entry.path().stem().string(), nlohmann::json::parse(stream)});
  }
  return goldens;
}

// What the codec of `direction` makes of the message: its text again, or its error's code.
std::string round_trip(const Golden& golden, bool& valid) {
  const std::string text = golden.file.at("message").dump();
  const auto finish = [&valid](const auto& parsed) {
    valid = parsed.has_value();
    return valid ? write(*parsed) : std::string(to_text(parsed.error().code));
  };
  return golden.file.at("direction") == "client" ? finish(parse_client_message(text))
                                                 : finish(parse_server_message(text));
}

TEST(GoldenTest, ValidMessagesAreReadAndWrittenBackUnchanged) {
  int count = 0;
  for (const Golden& golden : load_goldens()) {
    if (!golden.file.at("valid")) continue;
    SCOPED_TRACE(golden.name);
    bool valid = false;
    const std::string text = round_trip(golden, valid);
    ASSERT_TRUE(valid) << text;
    nlohmann::json expected = golden.file.at("message");
    if (golden.name == "client-join-unknown-members") expected.erase("future");
    EXPECT_EQ(nlohmann::json::parse(text), expected);
    ++count;
  }
  EXPECT_GE(count, 60);
}

TEST(GoldenTest, InvalidMessagesAreRefusedWithTheirCode) {
  int count = 0;
  for (const Golden& golden : load_goldens()) {
    if (golden.file.at("valid")) continue;
    SCOPED_TRACE(golden.name);
    bool valid = true;
    const std::string code = round_trip(golden, valid);
    EXPECT_FALSE(valid);
    EXPECT_EQ(code, golden.file.at("error").get<std::string>());
    ++count;
  }
  EXPECT_GE(count, 30);
}

TEST(GoldenTest, EveryMessageHasAValidExample) {
  std::set<std::string> seen;
  for (const Golden& golden : load_goldens()) {
    if (!golden.file.at("valid")) continue;
    seen.insert(golden.file.at("direction").get<std::string>() + " " +
                golden.file.at("message").at("type").get<std::string>());
  }
  EXPECT_EQ(seen.size(), std::variant_size_v<ClientMessage> + std::variant_size_v<ServerMessage>);
}

}  // namespace
}  // namespace parley::signaling

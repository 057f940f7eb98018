#include "app/command_line.h"

#include <gtest/gtest.h>

#include <vector>

namespace parley::app {
namespace {

std::expected<CommandLine, CommandLineExit> parse(std::vector<const char*> arguments) {
  arguments.insert(arguments.begin(), "parley");
  return parse_command_line(static_cast<int>(arguments.size()), arguments.data());
}

TEST(CommandLineTest, ServesByDefaultAndByName) {
  EXPECT_EQ(parse({})->subcommand, Subcommand::kServe);
  EXPECT_EQ(parse({"serve"})->subcommand, Subcommand::kServe);
  EXPECT_EQ(parse({"config"})->subcommand, Subcommand::kConfig);
  EXPECT_EQ(parse({"doctor"})->subcommand, Subcommand::kDoctor);
}

TEST(CommandLineTest, TurnsOptionsIntoSettingsOnEitherSideOfTheSubcommand) {
  for (const auto& arguments : std::vector<std::vector<const char*>>{
           {"serve", "--media-port", "5000", "--set", "p2p.mode=off", "--set", "log.level=debug",
            "--config", "a.toml"},
           {"--media-port=5000", "--set=p2p.mode=off", "--set=log.level=debug", "--config=a.toml",
            "serve"}}) {
    const auto command = parse(arguments);
    ASSERT_TRUE(command) << command.error().text;
    ASSERT_EQ(command->overrides.size(), 3u);
    EXPECT_EQ(command->overrides[0].key, "media.port");
    EXPECT_EQ(command->overrides[0].value, "5000");
    EXPECT_EQ(command->overrides[0].source, "--media-port");
    EXPECT_EQ(command->overrides[1].key, "p2p.mode");
    EXPECT_EQ(command->overrides[2].value, "debug");
    EXPECT_EQ(command->config, "a.toml");
  }
}

TEST(CommandLineTest, KeepsEqualsSignsAndCommasInValues) {
  const auto command =
      parse({"--set", "store.url=postgresql://u@h/db?a=b", "--public-ip", "192.0.2.1,192.0.2.2"});
  ASSERT_TRUE(command);
  EXPECT_EQ(command->overrides[0].value, "192.0.2.1,192.0.2.2");
  EXPECT_EQ(command->overrides[1].value, "postgresql://u@h/db?a=b");
}

TEST(CommandLineTest, EndsWithTwoOnBadArguments) {
  for (const auto& arguments : std::vector<std::vector<const char*>>{{"--nope"},
                                                                     {"fly"},
                                                                     {"--media-port"},
                                                                     {"--set", "p2p.mode"},
                                                                     {"--set", "=x"},
                                                                     {"serve", "config"}}) {
    const auto command = parse(arguments);
    ASSERT_FALSE(command) << arguments[0];
    EXPECT_EQ(command.error().status, kExitBadArguments) << arguments[0];
    EXPECT_FALSE(command.error().text.empty());
  }
}

TEST(CommandLineTest, EndsWellAfterHelpAndVersion) {
  EXPECT_EQ(parse({"--version"}).error().status, kExitOk);
  EXPECT_TRUE(parse({"--version"}).error().text.starts_with("parley "));
  EXPECT_EQ(parse({"--help"}).error().status, kExitOk);
  EXPECT_NE(parse({"--help"}).error().text.find("--media-port"), std::string::npos);
}

}  // namespace
}  // namespace parley::app

#include "app/settings.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

namespace parley::app {
namespace {

class SettingsTest : public testing::Test {
 protected:
  SettingsTest()
      : file_(testing::TempDir() + "/parley-settings-" + std::to_string(getpid()) + ".toml") {}
  ~SettingsTest() override { std::filesystem::remove(file_); }

  std::expected<LoadedSettings, std::string> load(const std::string& toml) {
    std::ofstream(file_) << toml;
    return load_settings(file_, {});
  }
  static std::expected<LoadedSettings, std::string> load_with(
      std::vector<SettingOverride> overrides) {
    return load_settings(std::nullopt, overrides);
  }
  std::string error_of(const std::string& toml) {
    const auto result = load(toml);
    return result ? "no error" : result.error();
  }

  std::string file_;
};

TEST_F(SettingsTest, HaveTheDefaultsOfTheContract) {
  const Settings s = load_with({})->settings;
  EXPECT_EQ(s.http.listen->to_string(), "127.0.0.1:8080");
  EXPECT_EQ(s.https.listen->to_string(), "0.0.0.0:8443");
  EXPECT_EQ(s.media.port, 3478);
  EXPECT_EQ(s.p2p.mode, P2pMode::kOn);
  EXPECT_EQ(s.rooms.max_participants, 200);
  EXPECT_GE(shard_count(s), 1u);
  EXPECT_LE(shard_count(s), 4u);
}

TEST_F(SettingsTest, AreReadFromAFile) {
  const auto loaded = load(R"(
[http]
listen = "[::]:80"
allowed_origins = ["https://meet.example.org"]
[media]
port = 5000
shards = 2
public_ips = ["192.0.2.1", "2001:db8::1"]
[p2p]
mode = "lan"
rooms = ["blue-fox=off", "board=lan"]
[log]
format = "json"
)");
  ASSERT_TRUE(loaded) << loaded.error();
  const Settings& s = loaded->settings;
  EXPECT_EQ(s.http.listen->to_string(), "[::]:80");
  EXPECT_EQ(s.http.allowed_origins, std::vector<std::string>{"https://meet.example.org"});
  EXPECT_EQ(s.media.port, 5000);
  EXPECT_EQ(shard_count(s), 2u);
  EXPECT_EQ(s.media.public_ips.at(1).to_string(), "2001:db8::1");
  EXPECT_EQ(s.p2p.mode, P2pMode::kLan);
  EXPECT_EQ(s.p2p.rooms, (std::map<std::string, P2pMode>{{"blue-fox", P2pMode::kOff},
                                                         {"board", P2pMode::kLan}}));
  EXPECT_EQ(s.log.format, LogFormat::kJson);
  EXPECT_TRUE(loaded->warnings.empty());
}

TEST_F(SettingsTest, OnTheCommandLineWinOverTheFile) {
  std::ofstream(file_) << "[media]\nport = 5000\n";
  const SettingOverride overrides[] = {{"media.port", "6000", "--media-port"},
                                       {"media.public_ips", "192.0.2.1,192.0.2.2", "--public-ip"},
                                       {"http.listen", "off", "--listen"},
                                       {"https.key", "1234", "--set"},
                                       {"https.certificate", "true", "--set"}};
  const auto loaded = load_settings(file_, overrides);
  ASSERT_TRUE(loaded) << loaded.error();
  EXPECT_EQ(loaded->settings.media.port, 6000);
  EXPECT_EQ(loaded->settings.media.public_ips.size(), 2u);
  EXPECT_FALSE(loaded->settings.http.listen);
  EXPECT_EQ(loaded->settings.https.key, "1234");
}

TEST_F(SettingsTest, PrintedAsTomlReadBackTheSame) {
  Settings s;
  s.http.web_root = "a \"quoted\" \\ path\n";
  s.https.listen.reset();
  s.media.port = 1234;
  s.media.public_ips = {IpAddress::v4(192, 0, 2, 1)};
  s.http.allowed_origins = {"https://a.example", "https://b.example"};
  s.p2p.mode = P2pMode::kOff;
  s.p2p.rooms = {{"blue-fox", P2pMode::kLan}};
  s.log.level = LogLevel::kDebug;
  const std::string printed = settings_as_toml(s);
  const auto loaded = load(printed);
  ASSERT_TRUE(loaded) << loaded.error();
  EXPECT_TRUE(loaded->warnings.empty());
  EXPECT_EQ(loaded->settings.http.web_root, s.http.web_root);
  EXPECT_EQ(settings_as_toml(loaded->settings), printed);
}

TEST_F(SettingsTest, WithAWrongValueSayWhereWhatAndWhatToDo) {
  EXPECT_EQ(error_of("[p2p]\n\nmode = \"maybe\"\n"),
            file_ + ":3: p2p.mode is \"maybe\", but must be \"on\", \"lan\" or \"off\".");
  EXPECT_EQ(error_of("[media]\nport = 70000\n"),
            file_ + ":2: media.port is 70000, but must be a whole number from 0 to 65535.");
  EXPECT_EQ(error_of("media.port = \"x\"\n"),
            file_ + ":1: media.port is \"x\", but must be a whole number from 0 to 65535.");
  EXPECT_NE(
      error_of("[media]\npublic_ips = [\"example.org\"]\n").find("must be a list of IP addresses"),
      std::string::npos);
  for (const char* item : {"blue-fox", "=off", "Blue=off", "blue=maybe", "blue fox=on"}) {
    EXPECT_NE(error_of(std::string("[p2p]\nrooms = [\"") + item + "\"]\n").find("a list of rooms"),
              std::string::npos)
        << item;
  }
  EXPECT_NE(error_of("[http]\nlisten = \"localhost\"\n").find("an address with a port"),
            std::string::npos);
  EXPECT_NE(error_of("[http]\nallowed_origins = [\"example.org\"]\n").find("a list of origins"),
            std::string::npos);
}

TEST_F(SettingsTest, ThatAreNoTomlNameTheLine) {
  EXPECT_TRUE(error_of("[p2p]\nmode = = 3\n").starts_with(file_ + ":2: this is not valid TOML: "))
      << error_of("[p2p]\nmode = = 3\n");
}

TEST_F(SettingsTest, UnknownOnesAreWarnedOfWithTheNearestName) {
  const auto loaded = load("[media]\nprot = 1\n[nothing]\nlike_this = 2\n[p2p]\nmode = \"off\"\n");
  ASSERT_TRUE(loaded);
  ASSERT_EQ(loaded->warnings.size(), 2u);
  EXPECT_EQ(loaded->warnings[0],
            file_ + ":2: there is no setting media.prot; did you mean media.port?");
  EXPECT_EQ(loaded->warnings[1],
            file_ + ":4: there is no setting nothing.like_this; `parley config` lists all.");
  EXPECT_EQ(loaded->settings.p2p.mode, P2pMode::kOff);
  EXPECT_EQ(nearest_setting("max_participants"), "rooms.max_participants");
  EXPECT_EQ(nearest_setting("p2p.Mode"), "p2p.mode");
}

TEST_F(SettingsTest, ThatDoNothingYetAreWarnedOf) {
  const auto loaded = load("[auth]\napi_key = \"k\"\n");
  ASSERT_TRUE(loaded);
  ASSERT_EQ(loaded->warnings.size(), 1u);
  EXPECT_NE(loaded->warnings[0].find("doesn't act on it yet"), std::string::npos);
}

TEST_F(SettingsTest, ThatContradictEachOtherAreRefused) {
  EXPECT_EQ(load_with({{"https.key", "k.pem", "--set"}}).error(),
            "https.certificate and https.key belong together; set both or neither.");
  EXPECT_FALSE(
      load_with({{"http.listen", "off", "--listen"}, {"https.listen", "off", "--tls-listen"}}));
  EXPECT_FALSE(load_with({{"http.listen", "0.0.0.0:8443", "--listen"}}));
  EXPECT_TRUE(load_with(
      {{"http.listen", "127.0.0.1:0", "--listen"}, {"https.listen", "127.0.0.1:0", "--set"}}));
  EXPECT_FALSE(
      load_with({{"media.port", "65535", "--media-port"}, {"media.shards", "2", "--set"}}));
}

TEST_F(SettingsTest, FromAFileThatCanNotBeReadAreAnError) {
  const auto result = load_settings("/nonexistent/parley.toml", {});
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error(),
            "The settings file /nonexistent/parley.toml can't be read; check the path given to "
            "--config and its "
            "permissions.");
}

}  // namespace
}  // namespace parley::app

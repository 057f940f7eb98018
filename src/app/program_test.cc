// Runs the program itself.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "app/settings.h"
#include "io/udp_socket.h"

namespace parley::app {
namespace {

class Program {
 public:
  explicit Program(std::vector<std::string> arguments) {
    int out[2];
    int err[2];
    EXPECT_EQ(pipe2(out, O_CLOEXEC), 0);
    EXPECT_EQ(pipe2(err, O_CLOEXEC), 0);
    arguments.insert(arguments.begin(), PARLEY_PROGRAM);
    std::vector<char*> argv;
    for (std::string& argument : arguments) argv.push_back(argument.data());
    argv.push_back(nullptr);
    pid_ = fork();
    if (pid_ == 0) {
      dup2(out[1], STDOUT_FILENO);
      dup2(err[1], STDERR_FILENO);
      execv(argv[0], argv.data());
      _exit(127);
    }
    close(out[1]);
    close(err[1]);
    out_ = out[0];
    err_ = err[0];
  }
  ~Program() {
    if (pid_ > 0) {
      kill(pid_, SIGKILL);
      waitpid(pid_, nullptr, 0);
    }
    close(out_);
    close(err_);
  }

  // Standard output up to and with the line that starts with `start`, or all of it.
  std::string read_until_line(const std::string& start) {
    std::string text;
    pollfd p{.fd = out_, .events = POLLIN, .revents = 0};
    char c = 0;
    while (poll(&p, 1, 20'000) == 1 && read(out_, &c, 1) == 1) {
      text += c;
      const size_t line = text.rfind('\n', text.size() - 2) + 1;
      if (c == '\n' && text.compare(line, start.size(), start) == 0) break;
    }
    return text;
  }
  std::string errors() {
    std::string text;
    char buffer[4096];
    for (ssize_t n = 0; (n = read(err_, buffer, sizeof buffer)) > 0;)
      text.append(buffer, static_cast<size_t>(n));
    return text;
  }
  void send_signal(int signal) { kill(pid_, signal); }
  int wait() {
    int status = 0;
    waitpid(pid_, &status, 0);
    pid_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }

 private:
  pid_t pid_ = -1;
  int out_ = -1;
  int err_ = -1;
};

class ProgramTest : public testing::Test {
 protected:
  ProgramTest() : folder_(testing::TempDir() + "/parley-program-" + std::to_string(getpid())) {
    std::filesystem::create_directories(folder_);
  }
  ~ProgramTest() override { std::filesystem::remove_all(folder_); }

  std::vector<std::string> free_ports(std::vector<std::string> more = {}) {
    std::vector<std::string> arguments = {"--listen",    "127.0.0.1:0",    "--tls-listen",
                                          "127.0.0.1:0", "--media-port",   "0",
                                          "--data",      folder_ + "/data"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return arguments;
  }
  std::string write(const std::string& name, const std::string& text) {
    std::ofstream(folder_ + "/" + name) << text;
    return folder_ + "/" + name;
  }
  // The one sentence on standard error, without log lines.
  static std::string complaint(Program& program) {
    const std::string text = program.errors();
    const size_t start = text.find("parley: ");
    return start == std::string::npos ? text : text.substr(start);
  }

  std::string folder_;
};

TEST_F(ProgramTest, SaysReadyOnceAndStopsCleanlyOnEitherSignal) {
  for (const int signal : {SIGTERM, SIGINT}) {
    Program program(free_ports());
    const std::string text = program.read_until_line("ready ");
    const std::string last = text.substr(text.rfind('\n', text.size() - 2) + 1);
    EXPECT_TRUE(last.starts_with("ready http=http://127.0.0.1:")) << text;
    EXPECT_NE(last.find(" https=https://127.0.0.1:"), std::string::npos) << text;
    EXPECT_NE(last.find(" media="), std::string::npos) << text;
    program.send_signal(signal);
    EXPECT_EQ(program.wait(), 0);
  }
}

// A WebSocket client of a few lines: one short text frame out, then all that comes back up to
// `end`.
std::string talk(uint16_t port, const std::string& text, const std::string& end) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  EXPECT_EQ(connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  std::string answer;
  const auto read_to = [&](const std::string& mark) {
    char buffer[4096];
    pollfd p{.fd = fd, .events = POLLIN, .revents = 0};
    while (answer.find(mark) == std::string::npos && poll(&p, 1, 10'000) == 1) {
      const ssize_t n = read(fd, buffer, sizeof buffer);
      if (n <= 0) break;
      answer.append(buffer, static_cast<size_t>(n));
    }
  };
  const auto send_all = [&](const std::string& bytes) {
    EXPECT_EQ(write(fd, bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size()));
  };
  send_all(
      "GET /ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
      "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
      "Sec-WebSocket-Protocol: parley.v1\r\n\r\n");
  read_to("\r\n\r\n");
  // RFC 6455 §5.2: a final text frame of 126 to 65,535 bytes, under a mask of zeros.
  std::string frame = "\x81\xfe";
  frame += static_cast<char>(text.size() >> 8);
  frame += static_cast<char>(text.size());
  send_all(frame + std::string(4, '\0') + text);
  read_to(end);
  close(fd);
  return answer;
}

TEST_F(ProgramTest, LetsAClientJoinARoom) {
  Program program(free_ports());
  const std::string ready = program.read_until_line("ready ");
  const size_t at = ready.find("http=http://127.0.0.1:") + 22;
  const auto port = static_cast<uint16_t>(std::stoi(ready.substr(at)));
  const std::string answer = talk(
      port,
      R"({"type":"join","id":1,"protocol":1,"room":"blue-fox","name":"Ana","state":{"mic":true,"camera":true}})" +
          std::string(60, ' '),
      "blue-fox");
  EXPECT_NE(answer.find("Sec-WebSocket-Protocol: parley.v1"), std::string::npos) << answer;
  EXPECT_NE(answer.find("\"joined\""), std::string::npos) << answer;
  EXPECT_NE(answer.find("blue-fox"), std::string::npos) << answer;
  program.send_signal(SIGTERM);
  EXPECT_EQ(program.wait(), 0);
}

TEST_F(ProgramTest, PrintsSettingsThatItReadsAgain) {
  Program first({"config", "--set", "p2p.mode=lan"});
  const std::string printed = first.read_until_line("(to the end)");
  EXPECT_EQ(first.wait(), 0);
  Program second({"config", "--config", write("printed.toml", printed)});
  EXPECT_EQ(second.read_until_line("(to the end)"), printed);
  EXPECT_EQ(second.wait(), 0);
  EXPECT_EQ(second.errors(), "");
  EXPECT_NE(printed.find("mode = \"lan\""), std::string::npos);
}

TEST_F(ProgramTest, RefusesBadArgumentsAndSettingsWithTwo) {
  const std::string bad_file = write("bad.toml", "[p2p]\nmode = \"maybe\"\n");
  const std::string torn_file = write("torn.toml", "[p2p\n");
  for (const auto& arguments :
       std::vector<std::vector<std::string>>{{"--nope"},
                                             {"--set", "p2p.mode=maybe"},
                                             {"--media-port", "http"},
                                             {"--config", bad_file},
                                             {"--config", torn_file},
                                             {"--config", folder_ + "/none.toml"}}) {
    Program program(arguments);
    const std::string text = complaint(program);
    EXPECT_EQ(program.wait(), 2) << text;
    EXPECT_TRUE(text.starts_with("parley: ")) << text;
    EXPECT_EQ(text.find('\n'), text.size() - 1) << text;
  }
}

TEST_F(ProgramTest, SaysWhichPortIsTaken) {
  Program holder(free_ports());
  const std::string ready = holder.read_until_line("ready ");
  const size_t at = ready.find("http=http://127.0.0.1:") + 22;
  const std::string http_port = ready.substr(at, ready.find(' ', at) - at);
  Program tcp(free_ports({"--set", "http.listen=127.0.0.1:" + http_port}));
  EXPECT_EQ(complaint(tcp),
            "parley: TCP port " + http_port + " is taken: HTTP can't listen on 127.0.0.1:" +
                http_port + "; stop the program that uses it or choose another with --listen.\n");
  EXPECT_EQ(tcp.wait(), 1);
  const auto socket = io::UdpSocket::bind(std::nullopt, 0);
  ASSERT_TRUE(socket);
  const std::string udp_port = std::to_string(socket->port());
  Program udp(free_ports({"--set", "media.port=" + udp_port, "--set", "media.shards=1"}));
  EXPECT_TRUE(complaint(udp).starts_with("parley: UDP port " + udp_port + " is taken"));
  EXPECT_EQ(udp.wait(), 1);
}

TEST_F(ProgramTest, SaysWhatIsWrongWithTheCertificate) {
  Program program(free_ports({"--set", "https.certificate=" + folder_ + "/none.pem", "--set",
                              "https.key=" + folder_ + "/none.pem"}));
  const std::string text = complaint(program);
  EXPECT_EQ(program.wait(), 1);
  EXPECT_NE(text.find("The certificate " + folder_ + "/none.pem can't be read"), std::string::npos)
      << text;
}

TEST_F(ProgramTest, ExaminesTheMachine) {
  std::vector<std::string> arguments = free_ports();
  arguments.insert(arguments.begin(), "doctor");
  Program program(arguments);
  const std::string text = program.read_until_line("(to the end)");
  EXPECT_EQ(program.wait(), 0) << text;
  EXPECT_NE(text.find("ok      HTTP can listen on 127.0.0.1:0.\n"), std::string::npos) << text;
}

}  // namespace
}  // namespace parley::app

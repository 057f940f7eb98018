#include "app/server.h"

#include <fmt/format.h>
#include <signal.h>

#include <optional>
#include <utility>
#include <vector>

#include "app/log.h"
#include "app/media_thread.h"
#include "app/peer_states.h"
#include "app/places.h"
#include "app/relay_mesh.h"
#include "app/server_metrics.h"
#include "app/web_routes.h"
#include "control/control_plane.h"
#include "dtls/certificate.h"
#include "io/clock.h"
#include "io/control_loop.h"
#include "io/http_server.h"
#include "io/interfaces.h"
#include "io/static_files.h"
#include "io/system_random.h"
#include "shard/shard.h"

namespace parley::app {
namespace {

using ShardThread = MediaThread<shard::Shard>;

// How long clients have to take the farewell.
constexpr TimeDelta kStopGrace = TimeDelta::seconds(2);

room::P2pPolicy to_policy(P2pMode mode) {
  switch (mode) {
    case P2pMode::kOn:
      return room::P2pPolicy::kOn;
    case P2pMode::kLan:
      return room::P2pPolicy::kLan;
    case P2pMode::kOff:
      return room::P2pPolicy::kOff;
  }
  return room::P2pPolicy::kOff;
}

control::ConnectionId to_control(io::ConnectionId id) {
  return control::ConnectionId{id.value};
}
io::ConnectionId to_io(control::ConnectionId id) {
  return io::ConnectionId{id.value};
}

template <class... Ts>
struct Overloaded : Ts... {
  using Ts::operator()...;
};

std::expected<io::StaticFiles, std::string> load_web_client(const Settings& settings) {
  const auto folder = web_folder(settings);
  if (!folder) {
    log_warning("web client not found",
                {{"hint", "build it with npm run build in web/, or set http.web_root"}});
    return io::StaticFiles();
  }
  auto files = io::StaticFiles::load(*folder);
  if (files)
    log_info("web client loaded", {{"folder", folder->string()}, {"files", files->size()}});
  return files;
}

}  // namespace

class Server::Impl final : public io::HttpHandler {
 public:
  Impl(const Settings& settings, dtls::Certificate certificate)
      : settings_(settings),
        dtls_certificate_(std::move(certificate)),
        timer_(loop_, [this] { on_time(); }) {}
  ~Impl() override { stop_media(); }

  std::optional<std::string> start();
  void run();
  void request_stop() {
    loop_.post([this] { begin_stop(); });
  }
  const ServingAt& serving_at() const { return serving_at_; }

 private:
  std::optional<std::string> start_media();
  void start_control(const std::vector<io::InterfaceAddress>& interfaces);
  std::optional<std::string> start_http(const std::vector<io::InterfaceAddress>& interfaces);
  void watch_signals();
  void reload_certificate();
  void begin_stop();
  void stop_media();

  io::HttpResponse on_request(const io::HttpRequest& request) override {
    return routes_->handle_request(request);
  }
  void on_open(io::ConnectionId id, const io::HttpRequest& request) override;
  void on_message(io::ConnectionId id, std::string_view text) override;
  void on_close(io::ConnectionId id, io::CloseReason reason) override;
  void on_media_events(ShardThread& thread);
  void on_time();
  void pass_outputs();
  std::string metrics() const;

  const Settings settings_;
  const dtls::Certificate dtls_certificate_;
  io::ControlLoop loop_;
  io::LoopTimer timer_;
  io::SystemRandom random_;
  // One for each shard, on whose thread it is used; outlives it.
  std::vector<std::unique_ptr<io::SystemRandom>> shard_randoms_;
  std::vector<io::UdpSocket> media_sockets_;  // between binding and the threads' start
  std::unique_ptr<RelayMesh> relay_;          // of the threads; outlives them
  std::vector<std::unique_ptr<ShardThread>> media_;
  PeerStates peers_;
  uint64_t media_commands_lost_ = 0;
  std::unique_ptr<control::ControlPlane> control_;
  std::optional<WebRoutes> routes_;
  std::unique_ptr<io::HttpServer> http_;
  ServingAt serving_at_;
  bool stopping_ = false;
};

std::optional<std::string> Server::Impl::start() {
  const auto interfaces = io::interface_addresses();
  if (auto error = start_media()) return error;
  start_control(interfaces);
  if (auto error = start_http(interfaces)) return error;
  watch_signals();
  return std::nullopt;
}

std::optional<std::string> Server::Impl::start_media() {
  for (size_t i = 0; i < shard_count(settings_); ++i) {
    auto socket = bind_media_socket(settings_.media.port, i);
    if (!socket) return socket.error();
    constexpr int kEnoughBytes = 1 << 20;
    if (socket->receive_buffer_bytes() < kEnoughBytes ||
        socket->send_buffer_bytes() < kEnoughBytes) {
      log_warning("small UDP buffers",
                  {{"receive_bytes", socket->receive_buffer_bytes()},
                   {"send_bytes", socket->send_buffer_bytes()},
                   {"hint", "raise net.core.rmem_max and net.core.wmem_max to 8388608"}});
    }
    log_info("media port open",
             {{"shard", i}, {"port", socket->port()}, {"ipv6", socket->dual_stack()}});
    media_sockets_.push_back(std::move(*socket));
  }
  serving_at_.media_port = media_sockets_.front().port();
  return std::nullopt;
}

void Server::Impl::start_control(const std::vector<io::InterfaceAddress>& interfaces) {
  control::ControlConfig config;
  config.p2p = to_policy(settings_.p2p.mode);
  for (const auto& [room, mode] : settings_.p2p.rooms) config.room_p2p[room] = to_policy(mode);
  config.quiet_time = TimeDelta::seconds(settings_.p2p.quiet_seconds);
  config.room_share = static_cast<size_t>(settings_.media.room_share);
  config.max_participants = static_cast<size_t>(settings_.rooms.max_participants);
  config.max_connections = static_cast<size_t>(settings_.http.max_connections);
  config.advertised =
      advertised_addresses(settings_, interfaces, media_sockets_.front().dual_stack());
  config.fingerprint = dtls::fingerprint_text(dtls_certificate_.fingerprint_sha256());
  for (const io::UdpSocket& socket : media_sockets_)
    config.shards.push_back({.media_port = socket.port()});
  if (config.advertised.empty()) {
    log_warning("no address for media", {{"hint", "set media.public_ips"}});
  }
  control_ = std::make_unique<control::ControlPlane>(std::move(config), random_);

  relay_ = std::make_unique<RelayMesh>(media_sockets_.size());
  for (size_t i = 0; i < media_sockets_.size(); ++i) {
    shard_randoms_.push_back(std::make_unique<io::SystemRandom>());
    auto shard = std::make_unique<shard::Shard>(dtls_certificate_, *shard_randoms_.back());
    media_.push_back(std::make_unique<ShardThread>(std::move(media_sockets_[i]), std::move(shard),
                                                   fmt::format("shard-{}", i), relay_.get(), i));
    ShardThread& thread = *media_.back();
    loop_.watch_readable(thread.events_fd(), [this, &thread] { on_media_events(thread); });
  }
  media_sockets_.clear();
}

std::optional<std::string> Server::Impl::start_http(
    const std::vector<io::InterfaceAddress>& interfaces) {
  auto files = load_web_client(settings_);
  if (!files) return files.error();
  io::HttpServerOptions options;
  options.web_socket_path = "/ws";
  options.web_socket_subprotocol = "parley.v1";
  options.allowed_origins = settings_.http.allowed_origins;
  options.max_connections = static_cast<size_t>(settings_.http.max_connections);
  options.max_connections_per_ip = static_cast<size_t>(settings_.http.max_connections_per_ip);
  http_ = std::make_unique<io::HttpServer>(loop_, *this, std::move(options));

  if (settings_.http.listen) {
    const auto bound = http_->listen(*settings_.http.listen);
    if (!bound) return listen_error("HTTP", "--listen", *settings_.http.listen, bound.error());
    serving_at_.http = *bound;
    log_info("HTTP listens", {{"address", bound->to_string()}});
  }
  if (settings_.https.listen) {
    const auto certificate = https_certificate(settings_, interfaces);
    if (!certificate) return certificate.error();
    serving_at_.self_signed = certificate->self_signed;
    const auto bound = http_->listen(
        *settings_.https.listen, io::TlsConfig{certificate->certificate_pem, certificate->key_pem});
    if (!bound)
      return listen_error("HTTPS", "--tls-listen", *settings_.https.listen, bound.error());
    serving_at_.https = *bound;
    log_info("HTTPS listens", {{"address", bound->to_string()},
                               {"self_signed", certificate->self_signed},
                               {"certificate_sha256", certificate->sha256}});
  }
  routes_.emplace(
      std::move(*files),
      WebRoutes::Sources{.ready = [this] { return !stopping_; },
                         .metrics = [this] { return metrics(); },
                         .trusted_certificate = serving_at_.https && !serving_at_.self_signed});
  return std::nullopt;
}

// Before anybody is told that the server is ready: who reads that may send a signal at once.
void Server::Impl::watch_signals() {
  loop_.watch_signals({SIGTERM, SIGINT, SIGHUP}, [this](int signal) {
    if (signal == SIGHUP) {
      reload_certificate();
    } else if (stopping_) {
      loop_.stop();  // a second time: at once
    } else {
      log_info("stopping", {{"signal", signal == SIGTERM ? "SIGTERM" : "SIGINT"}});
      begin_stop();
    }
  });
}

void Server::Impl::run() {
  pass_outputs();
  loop_.run();
  stop_media();
  log_info("stopped");
}

void Server::Impl::reload_certificate() {
  if (!settings_.https.listen) return;
  const auto certificate = https_certificate(settings_, io::interface_addresses());
  if (!certificate) {
    log_error("certificate not replaced", {{"reason", certificate.error()}});
    return;
  }
  const auto replaced =
      http_->replace_certificate({certificate->certificate_pem, certificate->key_pem});
  if (!replaced) {
    log_error("certificate not replaced", {{"reason", replaced.error()}});
    return;
  }
  log_info("certificate replaced", {{"certificate_sha256", certificate->sha256}});
}

void Server::Impl::begin_stop() {
  if (stopping_) return;
  stopping_ = true;
  control_->stop(io::monotonic_now());
  pass_outputs();
  http_->stop(kStopGrace, "stopping", [this] { loop_.stop(); });
}

void Server::Impl::stop_media() {
  for (const auto& thread : media_) thread->stop();
}

void Server::Impl::on_open(io::ConnectionId id, const io::HttpRequest& request) {
  log_debug("signalling opened", {{"connection", id.value}, {"remote", request.remote.ip}});
  control_->handle_connected(to_control(id),
                             {.remote_ip = request.remote.ip, .local_ip = request.local.ip},
                             io::monotonic_now());
  pass_outputs();
}

void Server::Impl::on_message(io::ConnectionId id, std::string_view text) {
  control_->handle_message(to_control(id), text, io::monotonic_now(), io::wall_clock_ms());
  pass_outputs();
}

void Server::Impl::on_close(io::ConnectionId id, io::CloseReason reason) {
  log_debug("signalling closed", {{"connection", id.value}, {"reason", io::to_string(reason)}});
  control_->handle_disconnected(to_control(id), io::monotonic_now());
  pass_outputs();
}

void Server::Impl::on_media_events(ShardThread& thread) {
  const Timestamp now = io::monotonic_now();
  for (const media::Event& event : thread.take_events()) {
    peers_.note_event(event);
    if (const auto* changed = std::get_if<media::PeerStateChanged>(&event)) {
      log_debug("peer state", {{"peer", changed->peer.value},
                               {"state", static_cast<int>(changed->state)},
                               {"reason", changed->reason},
                               {"remote", changed->path.remote.ip}});
    }
    control_->handle_media_event(event, now);
  }
  pass_outputs();
}

void Server::Impl::on_time() {
  control_->handle_timeout(io::monotonic_now());
  pass_outputs();
}

// To be called after every verb of the control plane.
void Server::Impl::pass_outputs() {
  const Overloaded pass = {
      [this](control::SendText& out) { http_->send(to_io(out.connection), std::move(out.text)); },
      [this](control::CloseConnection& out) {
        http_->close(to_io(out.connection), out.code, std::move(out.reason));
      },
      [this](control::MediaOutput& out) {
        peers_.note_command(out.command);
        if (!media_[out.shard]->send(std::move(out.command))) {
          ++media_commands_lost_;
          log_error("media command lost", {{"shard", out.shard}});
        }
      }};
  control::Output output;
  while (control_->poll_output(output)) std::visit(pass, output);
  timer_.set(control_->poll_timeout().when);
}

std::string Server::Impl::metrics() const {
  MetricsSources sources{.control = control_.get(),
                         .peers = &peers_,
                         .http = &http_->counters(),
                         .http_connections = http_->connections(),
                         .media_commands_lost = media_commands_lost_};
  for (const auto& thread : media_)
    sources.shards.push_back({&thread->shard().counters(), &thread->counters()});
  return render_metrics(sources);
}

std::string listen_error(const char* scheme, const char* option, const SocketAddress& address,
                         const std::string& reason) {
  if (reason == "Address already in use") {
    return fmt::format(
        "TCP port {} is taken: {} can't listen on {}; stop the program that uses it or choose "
        "another "
        "with {}.",
        address.port, scheme, address.to_string(), option);
  }
  return fmt::format("{} can't listen on {}: {}; choose another address or port with {}.", scheme,
                     address.to_string(), reason, option);
}

std::expected<std::unique_ptr<Server>, std::string> Server::start(const Settings& settings) {
  auto certificate = dtls::Certificate::generate();
  if (!certificate)
    return std::unexpected("OpenSSL can't make a DTLS certificate; check its installation.");
  auto impl = std::make_unique<Impl>(settings, std::move(*certificate));
  if (auto error = impl->start()) return std::unexpected(std::move(*error));
  return std::unique_ptr<Server>(new Server(std::move(impl)));
}

Server::Server(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Server::~Server() = default;
void Server::run() {
  impl_->run();
}
void Server::stop() {
  impl_->request_stop();
}
const ServingAt& Server::serving_at() const {
  return impl_->serving_at();
}

}  // namespace parley::app

#include "sim/media_world.h"

#include <algorithm>

#include "base/check.h"

namespace parley::sim {

ServerNode::ServerNode(Network& network, const dtls::Certificate& certificate, size_t shards)
    : network_(network), random_(network.random().u64()) {
  for (size_t i = 0; i < shards; ++i)
    shards_.push_back(std::make_unique<shard::Shard>(certificate, random_,
                                                     shard::ShardConfig{.pool_packets = 16'384}));
}

void ServerNode::command(const media::Command& command, size_t shard) {
  flush_all();
  shards_[shard]->handle_command(command, network_.now());
  flush(shard);
  flush_all();
}

void ServerNode::on_datagram(const FlowPath& path, MutableBytes datagram, Timestamp now) {
  const auto index = static_cast<size_t>(path.local.port - kFirstPort);
  if (index >= shards_.size()) return;
  shard::Shard& shard = *shards_[index];
  if (cost_ != TimeDelta::zero() || !waiting_.empty()) {
    if (waiting_.empty() && busy_until_ <= now) shard.note_rest();
    if (waiting_.size() >= room_) {
      ++lost;
      return shard.note_lost(1);
    }
    waiting_.push_back({path, {datagram.begin(), datagram.end()}, now});
    return work(now);
  }
  if (window_ == TimeDelta::zero()) {
    shard.handle_datagram(path, datagram, now);
    flush(index);
    return flush_all();
  }
  gathered_.emplace_back(datagram.begin(), datagram.end());
  shard.handle_datagram(path, gathered_.back(), now);
  if (shard.wants_poll()) flush_all();
  if (flush_at_.is_never()) flush_at_ = now + window_;
}

void ServerNode::work(Timestamp now) {
  while (!waiting_.empty() && busy_until_ <= now) {
    Waiting datagram = std::move(waiting_.front());
    waiting_.pop_front();
    const auto index = static_cast<size_t>(datagram.path.local.port - kFirstPort);
    waited_ = now - datagram.arrived;
    shards_[index]->note_wait(waited_);
    shards_[index]->handle_datagram(datagram.path, datagram.bytes, now, waited_);
    flush(index);
    flush_all();
  }
}

void ServerNode::on_timeout(Timestamp now) {
  work(now);
  flush_all();
  for (size_t i = 0; i < shards_.size(); ++i) {
    if (shards_[i]->poll_timeout().when > now) continue;
    shards_[i]->handle_timeout(now);
    flush(i);
  }
  flush_all();
}

Timestamp ServerNode::next_timeout() const {
  Timestamp next = flush_at_;
  if (!waiting_.empty()) next = std::min(next, busy_until_);
  for (const auto& shard : shards_) next = std::min(next, shard->poll_timeout().when);
  return next;
}

void ServerNode::flush(size_t index) {
  shard::Shard& shard = *shards_[index];
  sfu::RelayMessage message;
  while (shard.poll_relay(message)) {
    const sfu::MediaPacket& packet = message.packet;
    if (message.kind == sfu::RelayMessage::Kind::kPacket) ++relayed;
    relays_.push_back({message,
                       {packet.payload.begin(), packet.payload.end()},
                       {packet.dependencies.begin(), packet.dependencies.end()}});
  }
  for (auto runs = shard.poll_runs(); !runs.empty(); runs = shard.poll_runs()) {
    for (const DatagramRun& run : runs) {
      busy_until_ =
          std::max(busy_until_, network_.now()) + cost_ * static_cast<int64_t>(run.count());
      for (size_t i = 0; i < run.count(); ++i) network_.send(run.path, run.datagram(i));
    }
  }
  media::Event event;
  while (shard.poll_event(event)) {
    events.push_back(event);
    if (on_event) on_event(event);
  }
}

void ServerNode::flush_all() {
  if (!flush_at_.is_never()) {
    flush_at_ = Timestamp::never();
    for (size_t i = 0; i < shards_.size(); ++i) flush(i);
    gathered_.clear();
  }
  while (!relays_.empty()) {
    Relayed next = std::move(relays_.front());
    relays_.pop_front();
    next.message.packet.payload = next.payload;
    next.message.packet.dependencies = next.dependencies;
    for (size_t i = 0; i < shards_.size(); ++i) {
      if ((next.message.to >> i & 1u) == 0) continue;
      shards_[i]->handle_relay(next.message, network_.now());
      flush(i);
    }
  }
}

MediaWorld::MediaWorld(uint64_t seed)
    : network(seed),
      openssl_seed_(seed),
      openssl_(openssl_seed_),
      certificate_(dtls::Certificate::generate().value()),
      server(network, certificate_) {
  network.attach(server_address.ip, server, {.delay = TimeDelta::millis(1)},
                 {.delay = TimeDelta::millis(1)});
}

PeerId MediaWorld::peer_of(const SimClient& client) const {
  return peers_.at(&client);
}

SimClient& MediaWorld::join(const ClientConfig& config, LinkConfig up, LinkConfig down) {
  const uint32_t number = next_++;
  const auto address = IpAddress::v4(10, 0, 1 + static_cast<uint8_t>(number / 250),
                                     static_cast<uint8_t>(number % 250 + 1));
  clients.push_back(std::make_unique<SimClient>(network, address, number, config, certificate_));
  SimClient& client = *clients.back();
  network.attach(address, client, up, down);
  const ice::Credentials credentials = ice::Credentials::draw(network.random());
  peers_[&client] = PeerId{number};
  server.command(media::CreatePeer{RouterId{1}, PeerId{number},
                                   client.describe(credentials, TrackId{number * 10})});
  client.connect(server_address, credentials, certificate_.fingerprint_sha256());
  return client;
}

bool MediaWorld::all_connected() const {
  return std::ranges::all_of(clients, [](const auto& c) { return c->connected(); });
}

void MediaWorld::obey_layers() {
  server.on_event = [this](const media::Event& event) {
    const auto* wanted = std::get_if<media::LayersWanted>(&event);
    if (!wanted) return;
    for (auto& client : clients) {
      if (client->camera_track() == wanted->track) client->set_wanted_encodings(wanted->mask);
    }
  };
}

void MediaWorld::leave(SimClient& client) {
  server.command(media::RemovePeer{peer_of(client)});
  network.detach(client.address());
  peers_.erase(&client);
  std::erase_if(clients, [&](const auto& c) { return c.get() == &client; });
}

void MediaWorld::view(SimClient& client, const std::vector<const SimClient*>& others,
                      uint16_t height) {
  media::SetView view{peer_of(client), {}};
  for (const auto* other : others) {
    view.wishes.push_back(
        {other->camera_track(), static_cast<uint16_t>(height * 16 / 9), height, 0});
  }
  server.command(view);
}

}  // namespace parley::sim

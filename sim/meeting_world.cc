#include "sim/meeting_world.h"

#include <algorithm>

#include "dtls/fingerprint.h"

namespace parley::sim {
namespace {

const SocketAddress kServer{IpAddress::v4(10, 0, 0, 1), ServerNode::kFirstPort};
// How often sockets and people are looked at; finer than anything they do.
constexpr TimeDelta kStep = TimeDelta::millis(2);

}  // namespace

MeetingWorld::MeetingWorld(uint64_t seed, control::ControlConfig config, size_t shards)
    : network(seed),
      openssl_seed_(seed),
      openssl_(openssl_seed_),
      certificate_(dtls::Certificate::generate().value()),
      server_(network, certificate_, shards),
      random_(network.random().u64()) {
  for (size_t i = 0; i < shards; ++i)
    config.shards.push_back({static_cast<uint16_t>(kServer.port + i)});
  config.advertised = {kServer.ip};
  config.fingerprint = dtls::fingerprint_text(certificate_.fingerprint_sha256());
  control_ = std::make_unique<control::ControlPlane>(std::move(config), random_);
  network.attach(kServer.ip, server_, {.delay = TimeDelta::millis(1)},
                 {.delay = TimeDelta::millis(1)});
}

Member& MeetingWorld::enter(const std::string& name, const ClientConfig& config, LinkConfig up,
                            LinkConfig down) {
  const uint32_t number = next_member_++;
  const auto address = IpAddress::v4(10, 0, 1, static_cast<uint8_t>(number));
  members.push_back(std::make_unique<Member>(network, address, number, name, config, certificate_));
  network.attach(address, members.back()->media(), up, down);
  open(*members.back());
  return *members.back();
}

LoadMember& MeetingWorld::enter_load(load::ParticipantConfig config, const load::Material& material,
                                     LinkConfig up, LinkConfig down) {
  config.room = "sim";
  const auto address = IpAddress::v4(10, 0, 1, static_cast<uint8_t>(next_member_++));
  load_members.push_back(std::make_unique<LoadMember>(network, address, std::move(config), material,
                                                      certificate_, random_, latencies));
  LoadMember& member = *load_members.back();
  network.attach(address, member, up, down);
  member.connection = control::ConnectionId{next_connection_++};
  control_->handle_connected(member.connection, {address, kServer.ip}, network.now());
  member.handle_open(kServer.ip);
  return member;
}

void MeetingWorld::open(Member& member) {
  member.connection = control::ConnectionId{next_connection_++};
  control_->handle_connected(member.connection, {member.media().address(), kServer.ip},
                             network.now());
  member.say_join("sim");
}

void MeetingWorld::leave(Member& member) {
  send_raw(member, signaling::write(signaling::ClientMessage(signaling::client::Leave{})));
  run_for(kSocketDelay * 3);
  network.detach(member.media().address());
  std::erase_if(members, [&](const auto& m) { return m.get() == &member; });
}

void MeetingWorld::lose_socket(Member& member) {
  control_->handle_disconnected(member.connection, network.now());
  std::erase_if(frames_, [&](const Frame& f) { return f.connection == member.connection; });
  member.connection = {};
  pump_control();
}

void MeetingWorld::reconnect(Member& member) {
  open(member);
}

void MeetingWorld::send_raw(Member& member, std::string frame) {
  send_frame(member.connection, std::move(frame));
}

void MeetingWorld::send_frame(control::ConnectionId connection, std::string text) {
  frames_.push_back({network.now() + kSocketDelay, connection, std::move(text), true});
}

void MeetingWorld::deliver(const Frame& frame) {
  for (auto& member : members) {
    if (member->connection == frame.connection) member->handle_frame(frame.text);
  }
  for (auto& member : load_members) {
    if (member->connection == frame.connection) member->handle_frame(frame.text);
  }
}

void MeetingWorld::pump_control() {
  control::Output output;
  while (control_->poll_output(output)) {
    if (const auto* text = std::get_if<control::SendText>(&output)) {
      frames_.push_back({network.now() + kSocketDelay, text->connection, *text->text, false});
    } else if (const auto* media = std::get_if<control::MediaOutput>(&output)) {
      server_.command(media->command, media->shard);
    }
  }
}

void MeetingWorld::step() {
  const Timestamp now = network.now();
  while (!frames_.empty() && frames_.front().at <= now) {
    const Frame frame = std::move(frames_.front());
    frames_.pop_front();
    if (frame.to_server) {
      control_->handle_message(frame.connection, frame.text, now, 1'700'000'000'000 + now.ms());
    } else {
      deliver(frame);
    }
  }
  for (const auto& event : std::exchange(server_.events, {}))
    control_->handle_media_event(event, now);
  if (control_->poll_timeout().when <= now) control_->handle_timeout(now);
  pump_control();
  for (auto& member : members) {
    member->update();
    for (auto& text : member->take_frames()) {
      if (member->connection) send_raw(*member, std::move(text));
    }
  }
  for (auto& member : load_members) {
    for (auto& text : member->take_frames()) send_frame(member->connection, std::move(text));
  }
}

void MeetingWorld::run_for(TimeDelta time) {
  const Timestamp end = network.now() + time;
  while (network.now() < end) {
    network.run_for(kStep);
    step();
  }
}

bool MeetingWorld::run_until(const std::function<bool()>& condition, TimeDelta limit) {
  const Timestamp end = network.now() + limit;
  while (!condition()) {
    if (network.now() >= end) return false;
    network.run_for(kStep);
    step();
  }
  return true;
}

bool MeetingWorld::everyone_in(signaling::TopologyMode mode) const {
  return std::ranges::all_of(members,
                             [&](const auto& m) { return m->joined() && m->mode() == mode; });
}

uint64_t MeetingWorld::rtp_received() const {
  auto& server = const_cast<MeetingWorld*>(this)->server_;
  uint64_t count = 0;
  for (size_t i = 0; i < server.shards(); ++i) {
    const auto& packets = server.shard(i).counters().received.packets;
    count += packets[0].value() + packets[1].value();
  }
  return count;
}

}  // namespace parley::sim

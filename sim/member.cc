#include "sim/member.h"

#include <utility>

#include "base/check.h"

namespace parley::sim {

namespace server = signaling::server;
namespace client = signaling::client;
using signaling::TopologyMode;
using signaling::TopologyPhase;

Member::Member(Network& network, IpAddress address, uint32_t group, std::string name,
               const ClientConfig& config, const dtls::Certificate& certificate)
    : network_(network),
      name_(std::move(name)),
      media_(network, address, group, config, certificate) {
  media_.set_sending(false);
}

void Member::say(const signaling::ClientMessage& message) {
  frames_.push_back(signaling::write(message));
}

std::vector<std::string> Member::take_frames() {
  return std::exchange(frames_, {});
}

void Member::say_join(const std::string& room) {
  client::Join join;
  join.id = next_request_++;
  join.room = room;
  join.name = name_;
  join.state = {.mic = true, .camera = true, .screen = std::nullopt, .hand = std::nullopt};
  if (!connected_once_) {
    join.offer = client::OfferBody{
        sdp::build_offer(media_.offer()),
        {{"0", signaling::MediaSource::kMic}, {"1", signaling::MediaSource::kCamera}}};
  }
  if (!resume_.empty()) join.resume = resume_;
  say(join);
}

void Member::say_view() {
  client::View view;
  for (const auto& [id, name] : roster_) {
    if (id != id_) view.views.push_back({id, signaling::MediaSource::kCamera, 640, 360, 0});
  }
  say(view);
}

void Member::say_chat(const std::string& text) {
  say(client::Chat{next_request_, name_ + std::to_string(next_request_), text});
  ++next_request_;
}

void Member::handle_frame(std::string_view frame) {
  const auto message = signaling::parse_server_message(frame);
  PARLEY_CHECK(message.has_value());
  if (const auto* joined = std::get_if<server::Joined>(&*message)) on_joined(*joined);
  if (const auto* topology = std::get_if<server::Topology>(&*message)) on_topology(*topology);
  if (const auto* roster = std::get_if<server::Roster>(&*message)) on_roster(*roster);
  if (const auto* chat = std::get_if<server::Chat>(&*message)) chat_.push_back(chat->message.text);
  if (const auto* error = std::get_if<server::Error>(&*message)) errors_.push_back(error->message);
}

void Member::on_joined(const server::Joined& joined) {
  id_ = joined.self;
  resume_ = joined.resume;
  resumed_ = joined.resumed;
  // What is in force may be older than a preparation that was going on when the socket was lost;
  // that one is over, unless the server goes on with it by a message of its own.
  epoch_ = joined.topology.epoch;
  preparing_.reset();
  roster_.clear();
  for (const auto& participant : joined.participants) roster_[participant.id] = participant.name;
  for (const auto& entry : joined.chat) chat_.push_back(entry.text);
  if (joined.answer_sdp) {
    const auto answer = sdp::parse_answer(*joined.answer_sdp);
    PARLEY_CHECK(answer.has_value());
    media_.accept(*answer);
    connected_once_ = true;
  }
  on_topology(joined.topology);
  say_view();
}

void Member::on_roster(const server::Roster& roster) {
  for (const auto& participant : roster.joined) roster_[participant.id] = participant.name;
  for (const auto& left : roster.left) roster_.erase(left.id);
  say_view();
}

void Member::on_topology(const server::Topology& topology) {
  PARLEY_CHECK(topology.epoch >= epoch_);
  epoch_ = topology.epoch;
  switch (topology.phase) {
    case TopologyPhase::kPrepare:
      preparing_ = topology;
      preparing_since_ = network_.now();
      if (topology.mode == TopologyMode::kSfu) media_.set_sending(true);
      break;
    case TopologyPhase::kCommit:
      preparing_.reset();
      mode_ = topology.mode;
      committed_at = network_.now();
      media_.set_sending(mode_ == TopologyMode::kSfu);
      break;
    case TopologyPhase::kAbort:
      preparing_.reset();
      media_.set_sending(mode_ == TopologyMode::kSfu);
      break;
  }
}

bool Member::sees_everyone() const {
  // Each other person's camera feeds one slot; their tracks differ, so distinct sources seen lately
  // are people seen.
  size_t seen = 0;
  for (size_t slot = 0; slot < media_.video_slots(); ++slot) {
    const auto& last = media_.video(slot).last_frame;
    if (last && *last >= preparing_since_) ++seen;
  }
  return seen + 1 >= roster_.size();
}

void Member::update() {
  if (joined() && network_.now() >= next_ping_) {
    next_ping_ = network_.now() + TimeDelta::seconds(10);
    say(client::Ping{network_.now().ms()});
  }
  if (!preparing_) return;
  const bool direct = preparing_->mode == TopologyMode::kP2p;
  const bool done =
      direct ? direct_works && network_.now() - preparing_since_ >= kDirectSetup : sees_everyone();
  if (!done) return;
  if (!direct) ready_at = network_.now();
  say(client::Ready{preparing_->epoch});
  preparing_.reset();
}

}  // namespace parley::sim

#include "load/publisher.h"

#include <algorithm>
#include <utility>

namespace parley::load {
namespace {

// What a paced packet left too late is made up for, as long as it isn't more than this.
constexpr TimeDelta kMostArrears = TimeDelta::millis(2);

// Two seconds of the encoding, key frames included.
size_t kept_packets(const Encoding& encoding, const TrafficConfig& traffic) {
  const auto bytes = static_cast<size_t>(encoding.rate.bps() / 8 * 2);
  return std::clamp<size_t>(2 * bytes / traffic.packet_bytes, 64, MediaSender::kKeptPackets);
}

}  // namespace

Publisher::Publisher(PublisherConfig config, const Material& material, RandomSource& random,
                     Timestamp now)
    : config_(std::move(config)),
      material_(material),
      random_(random),
      sender_(config_.extensions, now, config_.ntp_offset),
      talk_(config_.speech, random, now),
      sound_phase_(random.below(kSoundInterval)),
      picture_phase_(random.below(material.frame_interval())) {
  const auto stream = [&](const rtp::CodecParameters& codec, const std::string& mid,
                          std::string rid, size_t kept) {
    const auto place = static_cast<uint32_t>(sender_.streams());
    sender_.add_stream({.codec = codec,
                        .ssrc = {random.u32(), codec.rtx_payload_type != 0 ? random.u32() : 0},
                        .mid = mid,
                        .rid = std::move(rid),
                        .first_sequence = static_cast<uint16_t>(random.u32()),
                        .first_rtp_time = random.u32(),
                        .first_picture_id = static_cast<uint16_t>(random.u32()),
                        .stamp_source = config_.number * kStampStreams + place,
                        .kept_packets = kept});
  };
  stream(config_.audio, config_.audio_mid, "", 0);
  if (!config_.camera) return;
  encodings_.resize(material.encodings());
  for (size_t i = 0; i < encodings_.size(); ++i) {
    const Encoding& encoding = material.encoding(i);
    stream(config_.video, config_.video_mid, encoding.rid,
           material.clip ? 0 : kept_packets(encoding, material.traffic));
    if (!material.clip) encodings_[i].sizes.emplace(material.traffic, encoding);
  }
}

void Publisher::start(Timestamp now) {
  if (std::exchange(playing_, true)) return;
  for (State& encoding : encodings_) encoding.key_frame = true;
  next_sound_ = now + sound_phase_;
  next_picture_ = config_.camera ? now + picture_phase_ : Timestamp::never();
  next_report_ = now + picture_phase_;
}

void Publisher::set_wanted(std::span<const std::string> rids) {
  for (size_t i = 0; i < encodings_.size(); ++i) {
    const bool wanted = std::ranges::find(rids, material_.encoding(i).rid) != rids.end();
    // An encoder that wakes up begins with a key frame.
    if (wanted && !encodings_[i].wanted) encodings_[i].key_frame = true;
    encodings_[i].wanted = wanted;
  }
}

void Publisher::handle_timeout(Timestamp now) {
  if (!playing_) return;
  // Who comes late by more than one interval skips what is lost.
  const auto take = [now](Timestamp& next, TimeDelta interval) {
    if (now < next) return false;
    next = std::max(next + interval, now - interval);
    return true;
  };
  if (take(next_sound_, kSoundInterval)) send_sound(now);
  if (take(next_picture_, material_.frame_interval())) send_pictures(now);
}

void Publisher::send_sound(Timestamp now) {
  const rtp::AudioLevel level = talk_.level(now);
  if (material_.traffic.dtx && !level.voice) {
    if (now < next_silence_) return;
    next_silence_ = now + kSilentInterval;
  } else {
    next_silence_ = now;
  }
  sender_.set_audio_level(level);
  if (material_.clip) {
    sender_.send_sound(kSound, material_.sound, now);
  } else {
    sender_.send_blank_sound(kSound, material_.traffic.sound_bytes - kForwardedHeader, now);
  }
}

void Publisher::send_pictures(Timestamp now) {
  for (size_t i = 0; i < encodings_.size(); ++i) {
    State& encoding = encodings_[i];
    if (!encoding.wanted) continue;
    const bool asked = sender_.take_key_frame_request(kFirstPicture + i);
    send_picture(i, std::exchange(encoding.key_frame, false) || asked, now);
  }
}

void Publisher::send_picture(size_t index, bool key_frame, Timestamp now) {
  State& encoding = encodings_[index];
  const size_t stream = kFirstPicture + index;
  if (!material_.clip) {
    const auto size = encoding.sizes->next(key_frame, random_);
    const Encoding& shape = material_.encoding(index);
    sender_.send_blank_picture(stream,
                               {.bytes = size.bytes,
                                .packets = size.packets,
                                .key_frame = key_frame,
                                .width = shape.width,
                                .height = shape.height},
                               now);
    return;
  }
  if (key_frame) encoding.next_picture = 0;
  sender_.send_picture(stream, material_.clip->picture(index, encoding.next_picture), now);
  encoding.next_picture = (encoding.next_picture + 1) % material_.clip->pictures();
}

DataRate Publisher::wanted_rate() const {
  DataRate sum;
  for (size_t i = 0; i < encodings_.size(); ++i) {
    if (encodings_[i].wanted) sum = sum + material_.encoding(i).rate;
  }
  return sum;
}

size_t Publisher::poll_packet(MutableBytes buffer, Timestamp now) {
  const double pace = material_.clip ? 0 : material_.traffic.pace;
  if (pace > 0 && now < next_packet_) return 0;
  const size_t size = sender_.poll_packet(buffer, now);
  const double rate = static_cast<double>(wanted_rate().bps()) * pace;
  if (size == 0 || rate <= 0) return size;
  const auto takes = static_cast<int64_t>(static_cast<double>(size) * 8e6 / rate);
  next_packet_ = std::max(next_packet_, now - kMostArrears) + TimeDelta::micros(takes);
  return size;
}

size_t Publisher::poll_report(MutableBytes buffer, Timestamp now) {
  if (!playing_ || now < next_report_) return 0;
  next_report_ = std::max(next_report_ + kReportInterval, now);
  return sender_.write_reports(buffer, now);
}

Deadline Publisher::poll_timeout() const {
  if (!playing_) return {};
  const Timestamp packet = sender_.has_packets() ? next_packet_ : Timestamp::never();
  return Deadline::earliest({next_sound_, "sound"},
                            {std::min({next_picture_, next_report_, packet}), "pictures"});
}

}  // namespace parley::load

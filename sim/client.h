// A simulated browser made of the server's own cores: full ICE, DTLS, SRTP, an encoder's packets, a
// viewer's feedback. Its pictures carry no image but say whose they are, so a viewer can tell that
// it got what it was promised.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/random.h"
#include "base/sequence.h"
#include "congestion/arrival_recorder.h"
#include "load/media_sender.h"
#include "media/description.h"
#include "sdp/offer.h"
#include "sfu/receive_statistics.h"
#include "sim/layered_camera.h"
#include "sim/layered_decoder.h"
#include "sim/network.h"
#include "sim/stream_checker.h"
#include "transport/client_transport.h"

namespace parley::sim {

struct ClientConfig {
  bool mic = true;
  int camera_encodings = 1;      // 0: no camera; 3: rids l, m, h
  int camera_shift = 0;          // halvings of the largest encoding, which is 1280 x 720
  bool temporal_layers = false;  // three: 0 2 1 2
  size_t audio_slots = 3;
  size_t video_slots = 4;
  bool transport_feedback = true;  // numbers its packets; otherwise they carry when they were sent
  bool red = false;                // takes redundant audio in its slots
  uint8_t voice_level = 30;        // RFC 6464; 127 is silent
  TimeDelta frame_interval = TimeDelta::millis(40);
  // Instead of VP8: the camera, if there is one, sends these layers, the slots take their codec and
  // are played by layered(). Without a microphone.
  std::optional<LayeredConfig> layers;
};

class SimClient final : public Node {
 public:
  static constexpr TimeDelta kTick = TimeDelta::millis(5);

  SimClient(Network& network, IpAddress address, uint32_t group, const ClientConfig& config,
            const dtls::Certificate& certificate);

  // What the control plane would tell the shard. `first_track` and up are taken for its tracks.
  media::PeerDescription describe(const ice::Credentials& server, TrackId first_track);
  // The same by SDP: the offer to send with a join, and the server's answer to it, which starts
  // connecting.
  sdp::ClientOffer offer() const;
  void accept(const sdp::ServerAnswer& answer);
  // Starts connecting.
  void connect(const SocketAddress& server, const ice::Credentials& remote,
               const dtls::Fingerprint& fingerprint);
  void set_sending(bool sending) { sending_ = sending; }
  bool sending() const { return sending_; }
  void set_voice_level(uint8_t level);
  // Sound is sent with a copy of the packet before it (RED), or plain as at first.
  void set_sound_twice(bool twice) { sound_twice_ = twice; }
  // Which encodings of the camera are made, as media::LayersWanted says it; one that wakes up
  // begins with a key frame.
  void set_wanted_encodings(uint8_t mask);

  void on_datagram(const FlowPath& path, MutableBytes datagram, Timestamp now) override;
  void on_timeout(Timestamp now) override;
  Timestamp next_timeout() const override { return next_tick_; }

  bool connected() const { return transport_.connected(); }
  IpAddress address() const { return address_.ip; }
  TrackId mic_track() const { return mic_track_; }
  TrackId camera_track() const { return camera_track_; }
  // By slot, in the order of the description: audio first.
  StreamChecker& audio(size_t slot) { return *checkers_.at(audio_ssrcs_[slot]); }
  StreamChecker& video(size_t slot) { return *checkers_.at(video_ssrcs_[slot]); }
  const StreamChecker& video(size_t slot) const { return *checkers_.at(video_ssrcs_[slot]); }
  size_t video_slots() const { return video_ssrcs_.size(); }
  // Of sound, over all slots, when they arrive.
  uint64_t audio_packets() const;
  LayeredDecoder& layered(size_t slot) { return *decoders_.at(video_ssrcs_[slot]); }
  const LayeredCamera* layered_camera() const { return layered_camera_.get(); }
  // Frames (or audio packets) decoded of one source over all slots.
  uint64_t received_of(TrackId track) const;
  std::vector<std::string> faults() const;

  uint64_t sent_packets = 0;
  uint64_t sent_video_packets = 0;  // of them, repairs included
  uint64_t key_frame_requests() const;
  uint64_t nacked() const;  // packets others asked this one for and got
  uint64_t transport_feedbacks = 0;
  uint64_t receiver_reports = 0;
  DataRate told_rate;        // by REMB, the latest
  uint64_t red_packets = 0;  // received

 private:
  static constexpr size_t kMic = 0;
  static constexpr size_t kFirstPicture = 1;

  void add_slot(rtp::MediaKind kind, const rtp::SsrcPair& pair);
  // Pictures without an image: the bytes that say what they are, and zeros.
  struct Encoder {
    uint16_t width = 0;
    uint16_t height = 0;
    size_t frame_bytes = 0;
    bool active = true;
    bool key_frame = true;  // due
    int phase = 0;          // of the pattern of temporal layers
    size_t owed = 0;        // bytes that the last key frame took of the pictures after it
    std::vector<uint8_t> key_picture;
    std::vector<uint8_t> delta_picture;
  };

  size_t camera_stream(size_t encoding) const { return kFirstPicture + encoding; }
  rtp::CodecParameters camera_codec() const;
  void send_media(Timestamp now);
  void send_pictures(Timestamp now);
  static bool left_out(Encoder& encoder);
  void send_frame(size_t encoding, Timestamp now);
  void flush_media();
  void send_reports(Timestamp now);
  void write_receptions(ByteWriter& writer, Timestamp now);
  void send_rtcp(MutableBytes buffer, size_t size);
  void flush();
  void send_packet(MutableBytes buffer, size_t size);
  void handle_rtp(Bytes packet, Timestamp now);
  void play_red(StreamChecker& checker, StreamPacket packet, Timestamp now);
  void handle_rtcp(Bytes packet);

  Network& network_;
  SocketAddress address_;
  uint32_t group_;
  ClientConfig config_;
  const dtls::Certificate& certificate_;
  SeededRandom random_;
  ice::Credentials credentials_;
  transport::ClientTransport transport_;
  TrackId mic_track_;
  TrackId camera_track_;
  bool sending_ = true;
  load::MediaSender sender_;
  std::array<uint8_t, 60> sound_{};
  std::vector<uint8_t> redundant_sound_;  // all packets of sound are alike, so all of these are
  bool sound_twice_ = false;
  std::vector<Encoder> camera_;
  std::unique_ptr<LayeredCamera> layered_camera_;
  std::vector<uint32_t> audio_ssrcs_;
  std::vector<uint32_t> video_ssrcs_;
  std::map<uint32_t, uint32_t> media_of_rtx_;
  std::map<uint32_t, std::unique_ptr<StreamChecker>> checkers_;
  std::map<uint32_t, std::unique_ptr<LayeredDecoder>> decoders_;  // those with layers instead
  struct Reception {
    SeqUnwrapper sequence;
    sfu::ReceiveStatistics statistics;
  };
  std::map<uint32_t, Reception> receptions_;  // by slot's SSRC
  congestion::ArrivalRecorder arrivals_;
  Timestamp next_tick_ = Timestamp::never();
  Timestamp next_audio_;
  Timestamp next_frame_;
  Timestamp next_report_;
};

}  // namespace parley::sim

#include "sfu/frame_describer.h"

#include "rtp/av1.h"
#include "rtp/h264.h"
#include "rtp/vp8_descriptor.h"
#include "rtp/vp9_descriptor.h"

namespace parley::sfu {

using Layering = FrameInfo::Layering;

FrameDescription FrameDescriber::describe(rtp::Codec codec, Bytes payload, Bytes dependencies) {
  FrameDescription out;
  switch (codec) {
    case rtp::Codec::kVp8:
      describe_vp8(payload, out);
      break;
    case rtp::Codec::kVp9:
      describe_vp9(payload, out);
      break;
    case rtp::Codec::kH264:
      describe_h264(payload, out);
      read_dependencies(dependencies, out);
      break;
    case rtp::Codec::kAv1:
      if (!read_dependencies(dependencies, out) && dependencies.empty()) describe_av1(payload, out);
      break;
    case rtp::Codec::kOpus:
      break;
  }
  return out;
}

void FrameDescriber::restart() {
  long_ids_.reset();
  short_ids_.reset();
  newest_picture_ = -1;
  laps_ = 0;
  long_ids_used_ = false;
  pattern_ = TemporalPattern();
  dependencies_.restart();
  active_targets_ = 0;
  active_since_ = -1;
}

int64_t FrameDescriber::unwrap_picture(uint16_t picture_id, bool is_long, bool key_picture_start) {
  // Further back than any repair reaches.
  constexpr int64_t kTooOld = 100;
  if (is_long != long_ids_used_) {
    long_ids_used_ = is_long;
    long_ids_.reset();
    short_ids_.reset();
    laps_ = newest_picture_ + 1;
  }
  int64_t id = laps_ + (is_long ? long_ids_.peek(picture_id)
                                : short_ids_.peek(static_cast<uint8_t>(picture_id)));
  if (key_picture_start && id + (is_long ? kTooOld : 32) < newest_picture_) {
    const int64_t lap = is_long ? 1 << 15 : 1 << 7;
    laps_ += lap;
    id += lap;
  }
  if (id > newest_picture_) {
    newest_picture_ = id;
    if (is_long) {
      long_ids_.unwrap(picture_id);
    } else {
      short_ids_.unwrap(static_cast<uint8_t>(picture_id));
    }
  }
  return id;
}

void FrameDescriber::describe_vp8(Bytes payload, FrameDescription& out) {
  const auto d = rtp::parse_vp8_descriptor(payload);
  if (!d) return;
  out.counters = d->places;
  const auto header = rtp::parse_vp8_frame_header(payload, *d);
  out.key_frame_start = header && header->key_frame;
  if (out.key_frame_start) {
    out.width = header->width;
    out.height = header->height;
  }
  FrameInfo& info = out.info;
  info.starts_frame = d->starts_frame();
  info.key_picture = out.key_frame_start;
  out.tl0_pic_idx = d->tl0_pic_idx.value_or(0);
  out.key_index = d->key_index.value_or(0);
  if (d->picture_id) {
    out.close_pictures = true;
    out.picture_id = unwrap_picture(*d->picture_id, d->long_picture_id, out.key_frame_start);
  }
  if (!d->temporal_id) return;
  info.layering = Layering::kTemporal;
  info.temporal = *d->temporal_id;
  info.layer_sync = d->layer_sync;
  if (!out.close_pictures) return;
  pattern_.on_picture(out.picture_id, info.temporal, out.tl0_pic_idx, out.key_frame_start);
  info.earlier_temporal = pattern_.before(out.picture_id);
}

void FrameDescriber::describe_vp9(Bytes payload, FrameDescription& out) {
  const auto d = rtp::parse_vp9_descriptor(payload);
  if (!d) return;
  out.counters = d->places;
  out.key_frame_start = d->starts_key_picture();
  FrameInfo& info = out.info;
  info.layering = d->has_layers ? Layering::kSpatial : Layering::kNone;
  info.key_picture = !d->inter_picture && d->spatial_id == 0;
  info.starts_frame = d->starts_frame;
  info.ends_frame = d->ends_frame;
  info.spatial = d->spatial_id;
  info.temporal = d->temporal_id;
  info.inter_picture = d->inter_picture;
  info.inter_layer = d->inter_layer;
  info.for_upper = !d->not_for_upper;
  info.switch_up = d->switch_up;
  if (d->structure) {
    const rtp::Vp9Structure& structure = *d->structure;
    info.spatial_layers = structure.spatial_layers;
    if (structure.has_resolutions) {
      out.width = structure.resolutions[structure.spatial_layers - 1u].width;
      out.height = structure.resolutions[structure.spatial_layers - 1u].height;
    }
  }
  if (d->picture_id)
    out.picture_id = unwrap_picture(*d->picture_id, d->long_picture_id, out.key_frame_start);
  out.tl0_pic_idx = d->tl0_pic_idx.value_or(0);
}

void FrameDescriber::describe_h264(Bytes payload, FrameDescription& out) {
  const auto found = rtp::parse_h264_payload(payload);
  if (!found) return;
  out.key_frame_start = found->is_key_frame();
  out.info.key_picture = out.key_frame_start;
  out.info.starts_frame = found->starts_frame;
  if (found->resolution) {
    out.width = found->resolution->width;
    out.height = found->resolution->height;
  }
}

void FrameDescriber::describe_av1(Bytes payload, FrameDescription& out) {
  const auto header = rtp::parse_av1_aggregation_header(payload);
  if (!header) return;
  out.key_frame_start = header->starts_coded_video_sequence;
  out.info.key_picture = out.key_frame_start;
  out.info.starts_frame = !header->continues_obu;
}

bool FrameDescriber::read_dependencies(Bytes dependencies, FrameDescription& out) {
  if (dependencies.empty()) return false;
  const auto d = dependencies_.parse(dependencies);
  if (!d) {
    // Its structure is still missing. The frame number can be read and rewritten all the same.
    out.picture_id = dependencies_.peek_frame(dependencies).value_or(0);
    out.unread = true;
    return false;
  }
  if (d->active_targets && d->unwrapped_frame >= active_since_) {
    active_targets_ = *d->active_targets;
    active_since_ = d->unwrapped_frame;
  }
  FrameInfo& info = out.info;
  info.layering = Layering::kTargets;
  info.key_picture = d->diffs.empty() && d->spatial == 0;
  info.starts_frame = d->starts_frame;
  info.ends_frame = d->ends_frame;
  info.spatial = d->spatial;
  info.temporal = d->temporal;
  info.indications = d->indications;
  info.active_targets = active_targets_;
  info.frame_number = d->unwrapped_frame;
  info.references = d->diffs;
  info.structure = d->structure;
  // Without its structure a decoder can't start.
  out.key_frame_start = info.key_picture && d->starts_frame && d->has_structure;
  out.picture_id = d->unwrapped_frame;
  if (d->has_structure && d->structure->has_resolutions) {
    const auto& largest = d->structure->resolutions[d->structure->max_spatial];
    out.width = largest.width;
    out.height = largest.height;
  }
  return true;
}

}  // namespace parley::sfu

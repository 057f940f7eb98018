#include "chat/log.h"

#include <algorithm>

namespace parley::chat {

Log::Posted Log::post(Message message) {
  const auto [it, fresh] = seq_by_key_.try_emplace({message.from, message.key}, last_seq_ + 1);
  if (!fresh) return {.seq = it->second, .fresh = false};
  message.seq = ++last_seq_;
  messages_.push_back(std::move(message));
  if (messages_.size() > kKept) {
    seq_by_key_.erase({messages_.front().from, messages_.front().key});
    messages_.pop_front();
  }
  return {.seq = last_seq_, .fresh = true};
}

std::vector<Message> Log::since(int64_t seq) const {
  const auto first = std::ranges::upper_bound(messages_, seq, {}, &Message::seq);
  return {first, messages_.end()};
}

}  // namespace parley::chat

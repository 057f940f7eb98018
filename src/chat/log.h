// The ordered chat of one room. Driven by the control plane; knows no sockets and no JSON.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace parley::chat {

struct Message {
  int64_t seq = 0;   // 1, 2, 3, … without gaps
  std::string from;  // the participant's id
  std::string name;  // as it was when the message was sent
  std::string text;
  int64_t time_ms = 0;  // wall clock since 1970
  std::string key;      // made by the sender's client, unique among its messages
  bool operator==(const Message&) const = default;
};

class Log {
 public:
  // Enough for a meeting's backlog; with the longest texts about 8 MiB.
  static constexpr size_t kKept = 500;

  struct Posted {
    int64_t seq = 0;
    bool fresh = false;  // false: the same (from, key) is in the log already, under `seq`
  };

  // Gives the message the next number, unless it repeats one of the messages kept. `message.seq` is
  // ignored.
  Posted post(Message message);
  // The messages kept whose number is above `seq`, in order.
  std::vector<Message> since(int64_t seq) const;
  const Message& last() const { return messages_.back(); }  // there must be one
  int64_t last_seq() const { return last_seq_; }

 private:
  std::deque<Message> messages_;
  std::map<std::pair<std::string, std::string>, int64_t> seq_by_key_;  // of the messages kept
  int64_t last_seq_ = 0;
};

}  // namespace parley::chat

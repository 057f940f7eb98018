#include "ice/candidate.h"

#include <gtest/gtest.h>

namespace parley::ice {
namespace {

CandidateError error_of(std::string_view text) {
  const auto c = parse_candidate(text);
  EXPECT_FALSE(c.has_value()) << text;
  return c.has_value() ? CandidateError{255} : c.error();
}

// RFC 8839 §5.1
TEST(CandidateTest, ReadsTheExamplesOfTheRfc) {
  const auto host = parse_candidate("candidate:1 1 UDP 2130706431 203.0.113.141 8998 typ host");
  ASSERT_TRUE(host.has_value());
  EXPECT_EQ(host->foundation, "1");
  EXPECT_EQ(host->component, 1);
  EXPECT_EQ(host->transport, CandidateTransport::Udp);
  EXPECT_EQ(host->priority, 2130706431u);
  EXPECT_EQ(host->address, SocketAddress::parse("203.0.113.141:8998"));
  EXPECT_EQ(host->type, CandidateType::Host);
  EXPECT_TRUE(host->is_usable());

  const auto srflx = parse_candidate(
      "a=candidate:2 1 UDP 1694498815 192.0.2.3 45664 typ srflx raddr 203.0.113.141 rport "
      "8998\r\n");
  ASSERT_TRUE(srflx.has_value());
  EXPECT_EQ(srflx->type, CandidateType::ServerReflexive);
  EXPECT_EQ(srflx->related, SocketAddress::parse("203.0.113.141:8998"));
}

TEST(CandidateTest, ReadsWhatBrowsersSend) {
  const auto mdns = parse_candidate(
      "candidate:842163049 1 udp 2113937151 3f1a8a3e-2f4e-4e7a-9d55-0a1b2c3d4e5f.local 55555 typ "
      "host "
      "generation 0 ufrag Ab+/ network-cost 999");
  ASSERT_TRUE(mdns.has_value());
  EXPECT_EQ(mdns->hostname, "3f1a8a3e-2f4e-4e7a-9d55-0a1b2c3d4e5f.local");
  EXPECT_FALSE(mdns->is_usable());

  const auto tcp =
      parse_candidate("candidate:1 1 TCP 1015021823 10.0.0.1 9 typ host tcptype active");
  ASSERT_TRUE(tcp.has_value());
  EXPECT_EQ(tcp->transport, CandidateTransport::Tcp);
  EXPECT_EQ(tcp->tcp_type, "active");
  EXPECT_FALSE(tcp->is_usable());

  const auto v6 = parse_candidate(
      "candidate:3 1 udp 41885439 2001:db8::7 3478 typ relay raddr 0.0.0.0 rport 0");
  ASSERT_TRUE(v6.has_value());
  EXPECT_EQ(v6->address, SocketAddress::parse("[2001:db8::7]:3478"));
  EXPECT_EQ(v6->type, CandidateType::Relayed);
}

TEST(CandidateTest, NamesWhatIsWrong) {
  EXPECT_EQ(error_of(""), CandidateError::NotCandidate);
  EXPECT_EQ(error_of("candidate:"), CandidateError::MissingField);
  EXPECT_EQ(error_of("candidate:1 1 udp 1 10.0.0.1 9"), CandidateError::MissingField);
  EXPECT_EQ(error_of("candidate:1 1 udp 1 10.0.0.1 9 type host"), CandidateError::MissingField);
  EXPECT_EQ(error_of("candidate:a_b 1 udp 1 10.0.0.1 9 typ host"), CandidateError::BadFoundation);
  EXPECT_EQ(error_of("candidate:1 0 udp 1 10.0.0.1 9 typ host"), CandidateError::BadComponent);
  EXPECT_EQ(error_of("candidate:1 257 udp 1 10.0.0.1 9 typ host"), CandidateError::BadComponent);
  EXPECT_EQ(error_of("candidate:1 1 udp -1 10.0.0.1 9 typ host"), CandidateError::BadPriority);
  EXPECT_EQ(error_of("candidate:1 1 udp 4294967296 10.0.0.1 9 typ host"),
            CandidateError::BadPriority);
  EXPECT_EQ(error_of("candidate:1 1 udp 1 <x> 9 typ host"), CandidateError::BadAddress);
  EXPECT_EQ(error_of("candidate:1 1 udp 1 10.0.0.1 65536 typ host"), CandidateError::BadPort);
  EXPECT_EQ(error_of("candidate:1 1 udp 1 10.0.0.1 9 typ moon"), CandidateError::BadType);
  EXPECT_EQ(error_of("candidate:" + std::string(600, '1')), CandidateError::TooLong);
}

TEST(CandidateTest, WritesWhatItReads) {
  const std::string text =
      "candidate:2 1 udp 1694498815 192.0.2.3 45664 typ srflx raddr 10.0.1.1 rport 8998";
  EXPECT_EQ(write_candidate(*parse_candidate(text)), text);
  const std::string tcp = "candidate:1 1 tcp 1015021823 10.0.0.1 9 typ host tcptype active";
  EXPECT_EQ(write_candidate(*parse_candidate(tcp)), tcp);
}

// RFC 8445 §5.1.2.1, §6.1.2.3
TEST(CandidateTest, ComputesPriorities) {
  EXPECT_EQ(candidate_priority(CandidateType::Host, 65535), 2130706431u);
  EXPECT_EQ(candidate_priority(CandidateType::ServerReflexive, 65535), 1694498815u);
  EXPECT_EQ(candidate_priority(CandidateType::PeerReflexive, 65535), 1862270975u);
  EXPECT_EQ(candidate_priority(CandidateType::Relayed, 65535), 16777215u);
  EXPECT_EQ(candidate_priority(CandidateType::Host, 0, 256), 2113929216u);
  EXPECT_EQ(pair_priority(2, 1), (uint64_t{1} << 32) + 5);
  EXPECT_EQ(pair_priority(1, 2), (uint64_t{1} << 32) + 4);
}

// RFC 8445 §5.1.1.3
TEST(CandidateTest, FoundationsDifferByTypeBaseAndServer) {
  const auto a = IpAddress::v4(10, 0, 0, 1);
  const auto b = IpAddress::v4(10, 0, 0, 2);
  EXPECT_EQ(candidate_foundation(CandidateType::Host, a),
            candidate_foundation(CandidateType::Host, a));
  EXPECT_NE(candidate_foundation(CandidateType::Host, a),
            candidate_foundation(CandidateType::Host, b));
  EXPECT_NE(candidate_foundation(CandidateType::Host, a),
            candidate_foundation(CandidateType::ServerReflexive, a));
  EXPECT_NE(candidate_foundation(CandidateType::ServerReflexive, a, a),
            candidate_foundation(CandidateType::ServerReflexive, a, b));
}

}  // namespace
}  // namespace parley::ice

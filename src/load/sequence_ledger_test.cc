#include "load/sequence_ledger.h"

#include <gtest/gtest.h>

namespace parley::load {
namespace {

constexpr Timestamp at(int64_t ms) {
  return Timestamp::seconds(100) + TimeDelta::millis(ms);
}

TEST(SequenceLedgerTest, CountsWhatComesInOrderOverTheWrap) {
  SequenceLedger ledger;
  EXPECT_EQ(ledger.on_packet(65'534, false, at(0)), 65'534);
  EXPECT_EQ(ledger.on_packet(65'535, false, at(1)), 65'535);
  EXPECT_EQ(ledger.on_packet(0, false, at(2)), 65'536);
  EXPECT_EQ(ledger.newest(), 65'536);
  EXPECT_EQ(ledger.counters().received, 3u);
  EXPECT_EQ(ledger.counters().lost + ledger.counters().reordered, 0u);
}

TEST(SequenceLedgerTest, AGapIsLostOnlyWhenItStaysOpen) {
  SequenceLedger ledger;
  ledger.on_packet(1, false, at(0));
  ledger.on_packet(4, false, at(10));
  EXPECT_EQ(ledger.missing(), 2u);
  ledger.settle(at(1010));
  EXPECT_EQ(ledger.counters().lost, 0u);
  ledger.settle(at(1011));
  EXPECT_EQ(ledger.counters().lost, 2u);
  EXPECT_EQ(ledger.missing(), 0u);
  ledger.on_packet(2, true, at(1012));  // too late to count
  EXPECT_EQ(ledger.counters().lost, 2u);
  EXPECT_EQ(ledger.counters().received, 2u);
  EXPECT_EQ(ledger.counters().repeated, 1u);
}

TEST(SequenceLedgerTest, TellsReorderedFromRepairedAndLate) {
  SequenceLedger ledger;
  ledger.on_packet(1, false, at(0));
  ledger.on_packet(5, false, at(10));
  ledger.on_packet(3, false, at(20));
  ledger.on_packet(2, true, at(60));
  ledger.on_packet(4, true, at(111));
  const LedgerCounters& counters = ledger.counters();
  EXPECT_EQ(counters.received, 5u);
  EXPECT_EQ(counters.reordered, 1u);
  EXPECT_EQ(counters.repaired, 2u);
  EXPECT_EQ(counters.late, 1u);
  EXPECT_EQ(counters.lost, 0u);
  ledger.on_packet(4, true, at(112));
  EXPECT_EQ(counters.repeated, 1u);
}

TEST(SequenceLedgerTest, AHoleThatNobodyCouldFillIsLostAtOnce) {
  SequenceLedger ledger;
  ledger.on_packet(0, false, at(0));
  ledger.on_packet(1000, false, at(1));
  EXPECT_EQ(ledger.counters().lost, 999 - SequenceLedger::kMissing);
  ledger.settle(at(2000));
  EXPECT_EQ(ledger.counters().lost, 999u);
}

}  // namespace
}  // namespace parley::load

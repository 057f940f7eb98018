#include "app/relay_mesh.h"

#include <gtest/gtest.h>
#include <poll.h>

#include <string>
#include <vector>

#include "base/bytes.h"

namespace parley::app {
namespace {

sfu::RelayMessage packet(uint32_t to, std::string_view payload, std::string_view dependencies,
                         std::string_view allocation = "") {
  return {.to = to,
          .router = RouterId{1},
          .track = TrackId{2},
          .packet = {.sequence = 7,
                     .payload = as_bytes(payload),
                     .dependencies = as_bytes(dependencies),
                     .layers_allocation = as_bytes(allocation)}};
}

bool wakes(const RelayMesh& mesh, size_t to) {
  pollfd p{.fd = mesh.fd(to), .events = POLLIN, .revents = 0};
  return poll(&p, 1, 0) == 1;
}

std::vector<std::string> drain(RelayMesh& mesh, size_t to) {
  std::vector<std::string> taken;
  mesh.drain(to, [&](const sfu::RelayMessage& message) {
    taken.push_back(std::string(as_text(message.packet.payload)) + "|" +
                    std::string(as_text(message.packet.dependencies)) + "|" +
                    std::string(as_text(message.packet.layers_allocation)));
  });
  mesh.release(to);
  return taken;
}

TEST(RelayMeshTest, CarriesAMessageToThoseItNamesAndWakesThem) {
  RelayMesh mesh(3);
  EXPECT_EQ(mesh.push(0, packet(0b110, "picture", "dd", "vla")), 0u);
  EXPECT_FALSE(wakes(mesh, 1)) << "not before the end of the turn";
  mesh.wake(0);
  for (const size_t to : {1u, 2u}) {
    EXPECT_TRUE(wakes(mesh, to));
    EXPECT_EQ(drain(mesh, to), std::vector<std::string>{"picture|dd|vla"});
    EXPECT_FALSE(wakes(mesh, to));
    EXPECT_TRUE(drain(mesh, to).empty());
  }
  EXPECT_TRUE(drain(mesh, 0).empty());
}

TEST(RelayMeshTest, NobodyHearsItself) {
  RelayMesh mesh(2);
  EXPECT_EQ(mesh.push(1, packet(0b11, "x", "")), 0u);
  EXPECT_TRUE(drain(mesh, 1).empty());
  EXPECT_EQ(drain(mesh, 0).size(), 1u);
}

TEST(RelayMeshTest, TakesSoMuchAtOnceAndWakesForTheRest) {
  RelayMesh mesh(2);
  for (size_t i = 0; i < RelayMesh::kMostAtOnce + 1; ++i) mesh.push(0, packet(0b10, "x", ""));
  mesh.wake(0);
  EXPECT_EQ(drain(mesh, 1).size(), RelayMesh::kMostAtOnce);
  EXPECT_TRUE(wakes(mesh, 1));
  EXPECT_EQ(drain(mesh, 1).size(), 1u);
}

TEST(RelayMeshTest, RefusesWhatAFullRingCantTakeAndSaysForHowMany) {
  RelayMesh mesh(3);
  for (size_t i = 0; i < RelayMesh::kPlaces; ++i)
    ASSERT_EQ(mesh.push(0, packet(0b10, "x", "")), 0u);
  EXPECT_EQ(mesh.push(0, packet(0b110, "y", "")), 1u);
  EXPECT_EQ(drain(mesh, 2), std::vector<std::string>{"y||"});
}

TEST(RelayMeshTest, RefusesAPacketThatIsTooLong) {
  RelayMesh mesh(2);
  EXPECT_EQ(mesh.push(0, packet(0b10, std::string(2'000, 'x'), "")), 1u);
  EXPECT_TRUE(drain(mesh, 1).empty());
}

}  // namespace
}  // namespace parley::app

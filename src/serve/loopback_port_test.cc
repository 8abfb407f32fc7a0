#include "serve/loopback_port.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <bit>

namespace tokcast {
namespace {

constexpr const char* kTable =
    "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"
    "   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 30 1 0 100 "
    "0\n"
    "   1: 0100007F:1F91 0100007F:1F90 01 00000000:00000000 00:00000000 00000000  1000        0 31 1 0 20 4\n"
    "   2: 00000000:1F92 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 32 1 0 100 "
    "0\n";

TEST(LoopbackPort, IsOursIfAProcessOfOursListensThereAndNobodyElse) {
  if (std::endian::native != std::endian::little) GTEST_SKIP() << "the table is of a little-endian machine";
  EXPECT_TRUE(is_listened_to_by(kTable, 8080, 1000));
  EXPECT_FALSE(is_listened_to_by(kTable, 8080, 1001));  // somebody else's process
  EXPECT_FALSE(is_listened_to_by(kTable, 8081, 1000));  // a connection
  EXPECT_FALSE(is_listened_to_by(kTable, 8082, 1000));  // another address
  EXPECT_FALSE(is_listened_to_by(kTable, 8083, 1000));
  EXPECT_FALSE(is_listened_to_by("", 8080, 1000));
  EXPECT_FALSE(is_listened_to_by("   0: 0100007F:1F90 00000000:0000 0A", 8080, 1000));
}

TEST(LoopbackPort, IsFreeUntilSomebodyListensThere) {
  const auto port = free_loopback_port();
  ASSERT_TRUE(port) << describe(port.error());
  EXPECT_FALSE(is_listened_to_by_us(*port));
  const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(*port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ASSERT_EQ(bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  ASSERT_EQ(listen(listener, 1), 0);
  EXPECT_TRUE(is_listened_to_by_us(*port));
  close(listener);
  EXPECT_FALSE(is_listened_to_by_us(*port));
}

}  // namespace
}  // namespace tokcast

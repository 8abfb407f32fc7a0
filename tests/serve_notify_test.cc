// Under systemd: when it is ready, that its loop lives, when it ends.
#include <gtest/gtest.h>
#include <sys/un.h>

#include "serve_test_util.h"

namespace tokcast {
namespace {

class ServeNotify : public ServeProcess {
 protected:
  ServeNotify() : path_(home_ / "notify") {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path_.copy(address.sun_path, sizeof address.sun_path - 1);
    EXPECT_EQ(bind(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  }
  ~ServeNotify() override { close(socket_); }

  // Whether this was among what it told so far.
  bool was_told(std::string_view what) {
    std::array<char, 1024> piece{};
    for (;;) {
      const auto count = recv(socket_, piece.data(), piece.size(), MSG_DONTWAIT);
      if (count < 0) break;
      told_ += std::string(piece.data(), static_cast<std::size_t>(count)) + "\n";
    }
    return contains(told_, what);
  }

  std::string path_;
  int socket_ = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  std::string told_{};
};

TEST_F(ServeNotify, TellsThatItListensThatItLivesAndThatItEnds) {
  start({}, {{"NOTIFY_SOCKET", path_}, {"WATCHDOG_USEC", "200000"}});
  EXPECT_TRUE(wait_for([&] { return was_told("READY=1"); }));
  ASSERT_TRUE(wait_until_ready()) << said();
  EXPECT_TRUE(wait_for([&] { return was_told("STATUS=ready small"); })) << told_;
  told_.clear();
  EXPECT_TRUE(wait_for([&] { return was_told("WATCHDOG=1"); }));
  EXPECT_TRUE(wait_for([&] { return was_told("WATCHDOG=1\nWATCHDOG=1"); })) << told_;
  kill(server_->pid(), SIGTERM);
  EXPECT_TRUE(wait_for([&] { return was_told("STOPPING=1"); }));
  EXPECT_EQ(wait_for_end().exit_code, 0);
}

TEST_F(ServeNotify, TheEngineDoesNotSpeakForTheServer) {
  start_ready({}, {{"NOTIFY_SOCKET", path_}, {"WATCHDOG_USEC", "200000"}});
  const std::string environment = read_text("/proc/" + std::to_string(engine_pid()) + "/environ");
  EXPECT_FALSE(contains(environment, "NOTIFY_SOCKET"));
  EXPECT_FALSE(contains(environment, "WATCHDOG_USEC"));
}

}  // namespace
}  // namespace tokcast

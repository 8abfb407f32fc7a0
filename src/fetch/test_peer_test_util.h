// One accepted connection of a test server, with or without TLS.
#ifndef TOKCAST_FETCH_TEST_PEER_TEST_UTIL_H_
#define TOKCAST_FETCH_TEST_PEER_TEST_UTIL_H_

#include <memory>
#include <string>
#include <string_view>

#include "base/units.h"

namespace tokcast {

class TestPeer {
 public:
  explicit TestPeer(int descriptor) : descriptor_(descriptor) {}
  virtual ~TestPeer();
  TestPeer(const TestPeer&) = delete;
  TestPeer& operator=(const TestPeer&) = delete;

  // Appends what comes next; false: nothing more will.
  virtual bool receive(std::string& out);
  // False: the other end is gone.
  virtual bool send(std::string_view bytes);
  // A proper end: FIN, with TLS after close_notify.
  virtual void finish() {}
  // RST instead of an end.
  void reset();
  // Until the other end goes, the socket is shut down, or the time is over.
  void wait(Seconds time) const;
  // What is sent and not received waits here, in us, and not in the kernel's buffers.
  void keep_little_in_flight() const;
  int descriptor() const { return descriptor_; }

 private:
  int descriptor_;
};

// What TLS needs, made anew for each server: a key and a certificate for 127.0.0.1, signed by itself.
class TestTls {
 public:
  TestTls();
  ~TestTls();
  TestTls(const TestTls&) = delete;
  TestTls& operator=(const TestTls&) = delete;

  // Shakes hands; nullptr if that fails. The peer must not outlive this.
  std::unique_ptr<TestPeer> accept(int descriptor) const;
  const std::string& certificate_file() const;  // PEM
  const std::string& key_file() const;          // PEM, of its owner alone

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tokcast

#endif  // TOKCAST_FETCH_TEST_PEER_TEST_UTIL_H_

// Every bound of the server in one place, with its default and its reason.
#ifndef TOKCAST_SERVE_LIMITS_H_
#define TOKCAST_SERVE_LIMITS_H_

#include <cstddef>
#include <cstdint>

#include "base/units.h"

namespace tokcast {

struct ServeLimits {
  // Connections. Half-open ones cost a descriptor and some 20 kB each until their header is late.
  std::size_t connections = 4096;
  Bytes header{16 * kKibi.value};
  Bytes body{8 * kMebi.value};
  Bytes bodies_together{64 * kMebi.value};  // of all requests that are being read or answered
  Bytes message{4 * kMebi.value};           // of a WebSocket: 60 s of PCM16 at 16 kHz in base64 are 2.6 MB
  Bytes unsent{1 * kMebi.value};            // to one peer that does not read; more ends it
  Seconds header_time{10};                  // a whole request header, from the first moment
  Seconds body_time{30};
  Seconds write_time{20};  // a peer that takes nothing for so long is gone
  Seconds idle_time{75};   // between requests of one connection
  Seconds linger_time{2};  // for a peer to see why, and go, before its connection is closed
  Seconds ping_time{60};   // a WebSocket is pinged when silent for half of it and closed after it
  std::size_t json_depth = 32;
  std::size_t json_keys = 512;

  // The queue before the engine.
  std::size_t queued = 64;
  std::uint64_t queued_tokens = 262'144;
  Bytes queued_bytes{16 * kMebi.value};
  std::size_t turns_per_session = 8;  // of one WebSocket, waiting for each other

  // Sound by HTTP: how long a recording and a text to be spoken may be, and how many of both at once.
  Seconds recording{300};
  std::size_t spoken_text = 4096;  // bytes
  std::size_t sounds = 8;

  // The page for browsers. It takes seconds of a core to make.
  Seconds page_age{30};
  std::size_t page_waiters = 64;
  std::size_t recent_turns = 20;  // that are told of

  // What the engine may answer.
  Bytes answer{16 * kMebi.value};
  Bytes event{1 * kMebi.value};  // one server-sent event
  Seconds engine_connect_time{2};
  Seconds remote_connect_time{10};  // of one elsewhere: its name, the way there, TLS
  Seconds engine_silence{120};      // no byte for so long while a turn runs

  Seconds drain_time{20};  // after SIGTERM, for what runs
};

}  // namespace tokcast

#endif  // TOKCAST_SERVE_LIMITS_H_

// WebSockets by the case table of the Autobahn|Testsuite: groups 1 to 5, 7 and 10. Group 6 has a file of its
// own.
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include "serve/web_socket_test_util.h"

namespace tokcast {
namespace {

constexpr std::size_t kWhole = 1 << 20;

TEST(WebSocketCases, Group1FramesOfEverySizeAreEchoed) {
  CaseGroup group(16);
  for (const unsigned kind : {1U, 2U}) {
    const unsigned opcode = kind == 1 ? kText : kBinary;
    unsigned number = 0;
    const auto name = [&] { return "1." + std::to_string(kind) + "." + std::to_string(++number); };
    const auto payload_of = [&](std::size_t size) {
      return std::string(size, opcode == kText ? '*' : '\xfe');
    };
    for (const std::size_t size : {0, 125, 126, 127, 128, 65535, 65536}) {
      group.run(name(), [&](Ws& ws) {
        ws.say(opcode, payload_of(size));
        ws.expect_echo(opcode, payload_of(size));
        ws.expect_clean_close();
      });
    }
    group.run(name(), [&](Ws& ws) {
      ws.send(Ws::frame(opcode, payload_of(65536)), 997);
      ws.expect_echo(opcode, payload_of(65536));
      ws.expect_clean_close();
    });
  }
}

TEST(WebSocketCases, Group2PingsAndPongs) {
  CaseGroup group(11);
  const std::string payloads[] = {"", "Hello, world!", std::string("\x00\xff\xfe\xfd\xfc\xfb\x00\xff", 8),
                                  std::string(125, '\xfe')};
  for (unsigned i = 0; i < 4; ++i) {
    group.run("2." + std::to_string(i + 1), [&](Ws& ws) {
      ws.say(kPing, payloads[i]);
      ws.expect_echo(kPong, payloads[i]);
      ws.expect_clean_close();
    });
  }
  group.run("2.5", [](Ws& ws) {
    ws.say(kPing, std::string(126, '\xfe'));
    ws.expect_failure(1002);
  });
  group.run("2.6", [&](Ws& ws) {
    ws.send(Ws::frame(kPing, payloads[3]), 1);
    ws.expect_echo(kPong, payloads[3]);
    ws.expect_clean_close();
  });
  group.run("2.7", [](Ws& ws) {
    ws.say(kPong, "");
    ws.expect_clean_close();
  });
  group.run("2.8", [](Ws& ws) {
    ws.say(kPong, "unsolicited pong payload");
    ws.expect_clean_close();
  });
  group.run("2.9", [](Ws& ws) {
    ws.say(kPong, "unsolicited pong payload");
    ws.say(kPing, "ping payload");
    ws.expect_echo(kPong, "ping payload");
    ws.expect_clean_close();
  });
  for (const auto& [number, piece] : {std::pair("2.10", kWhole), std::pair("2.11", std::size_t{1})}) {
    group.run(number, [&](Ws& ws) {
      for (int i = 0; i < 10; ++i) ws.send(Ws::frame(kPing, "payload-" + std::to_string(i)), piece);
      for (int i = 0; i < 10; ++i) ws.expect_echo(kPong, "payload-" + std::to_string(i));
      ws.expect_clean_close();
    });
  }
}

TEST(WebSocketCases, Group3ReservedBitsFail) {
  CaseGroup group(7);
  group.run("3.1", [](Ws& ws) {
    ws.say(kText, "Hello, world!", true, 1);
    ws.expect_failure(1002);
  });
  for (const auto& [number, reserved, piece] : {std::tuple("3.2", 2U, kWhole), std::tuple("3.3", 3U, kWhole),
                                                std::tuple("3.4", 4U, std::size_t{1})}) {
    group.run(number, [&](Ws& ws) {
      ws.say(kText, "Hello, world!");
      ws.send(Ws::frame(kText, "Hello, world!", true, reserved), piece);
      ws.send(Ws::frame(kPing, ""), piece);
      ws.expect_echo(kText, "Hello, world!");
      ws.expect_failure(1002);
    });
  }
  for (const auto& [number, reserved, opcode] :
       {std::tuple("3.5", 5U, kBinary), std::tuple("3.6", 6U, kPing), std::tuple("3.7", 7U, kClose)}) {
    group.run(number, [&](Ws& ws) {
      ws.say(opcode, opcode == kClose ? "" : "\xff\xfe\xfd", true, reserved);
      ws.expect_failure(1002);
    });
  }
}

TEST(WebSocketCases, Group4ReservedOpcodesFail) {
  CaseGroup group(10);
  const unsigned opcodes[] = {3, 4, 5, 6, 7, 11, 12, 13, 14, 15};
  for (unsigned i = 0; i < 10; ++i) {
    const unsigned number = i % 5 + 1;
    group.run((i < 5 ? "4.1." : "4.2.") + std::to_string(number), [&](Ws& ws) {
      if (number > 2) ws.say(kText, "Hello, world!");
      ws.send(Ws::frame(opcodes[i], number % 2 == 0 ? "reserved opcode payload" : ""),
              number == 5 ? 1 : kWhole);
      if (number > 2) {
        ws.say(kPing, "");
        ws.expect_echo(kText, "Hello, world!");
      }
      ws.expect_failure(1002);
    });
  }
}

TEST(WebSocketCases, Group5ControlFramesInFragmentsFail) {
  CaseGroup group(2);
  for (const auto& [number, opcode] : {std::pair("5.1", kPing), std::pair("5.2", kPong)}) {
    group.run(number, [&](Ws& ws) {
      ws.say(opcode, "fragment1", false);
      ws.say(kContinue, "fragment2");
      ws.expect_failure(1002);
    });
  }
}

// 5.3 to 5.5 without, 5.6 to 5.8 with a ping between: whole, in one write, byte by byte.
TEST(WebSocketCases, Group5FragmentsArePutTogether) {
  CaseGroup group(6);
  for (unsigned i = 0; i < 6; ++i) {
    group.run("5." + std::to_string(i + 3), [&](Ws& ws) {
      const std::string ping = i < 3 ? "" : Ws::frame(kPing, "ping");
      const std::string first = Ws::frame(kText, "fragment1", false) + ping;
      const std::string second = Ws::frame(kContinue, "fragment2");
      const std::size_t piece = i % 3 == 2 ? 1 : kWhole;
      if (i % 3 == 0) {
        ws.send(first);
        ws.send(second);
      } else {
        ws.send(first + second, piece);
      }
      if (!ping.empty()) ws.expect_echo(kPong, "ping");
      ws.expect_echo(kText, "fragment1fragment2");
      ws.expect_clean_close();
    });
  }
}

// A continuation of nothing: with FIN (5.9 to 5.11), without it (5.12 to 5.14).
TEST(WebSocketCases, Group5ContinuationsOfNothingFail) {
  CaseGroup group(6);
  for (unsigned i = 0; i < 6; ++i) {
    group.run("5." + std::to_string(i + 9), [&](Ws& ws) {
      const std::string both =
          Ws::frame(kContinue, "non-continuation payload", i < 3) + Ws::frame(kText, "Hello, world!");
      ws.send(both, i % 3 == 2 ? 1 : (i % 3 == 1 ? kWhole : 32));
      ws.expect_failure(1002);
    });
  }
}

TEST(WebSocketCases, Group5FragmentsOutOfOrder) {
  CaseGroup group(6);
  group.run("5.15", [](Ws& ws) {
    ws.say(kText, "fragment1", false);
    ws.say(kContinue, "fragment2");
    ws.say(kContinue, "fragment3", false);
    ws.say(kText, "fragment4");
    ws.expect_echo(kText, "fragment1fragment2");
    ws.expect_failure(1002);
  });
  for (const auto& [number, fin] : {std::pair("5.16", false), std::pair("5.17", true)}) {
    group.run(number, [&](Ws& ws) {
      for (int i = 0; i < 2; ++i) {
        ws.say(kContinue, "fragment1", fin);
        ws.say(kText, "fragment2", false);
        ws.say(kContinue, "fragment3");
      }
      ws.expect_failure(1002);
    });
  }
  group.run("5.18", [](Ws& ws) {
    ws.say(kText, "fragment1", false);
    ws.say(kText, "fragment2");
    ws.expect_failure(1002);
  });
  for (const auto& [number, piece] : {std::pair("5.19", kWhole), std::pair("5.20", std::size_t{1})}) {
    group.run(number, [&](Ws& ws) {
      ws.send(Ws::frame(kText, "fragment1", false) + Ws::frame(kContinue, "fragment2", false) +
                  Ws::frame(kPing, "pongme 1!"),
              piece);
      ws.expect_echo(kPong, "pongme 1!");
      ws.send(Ws::frame(kContinue, "fragment3", false) + Ws::frame(kContinue, "fragment4", false) +
                  Ws::frame(kPing, "pongme 2!") + Ws::frame(kContinue, "fragment5"),
              piece);
      ws.expect_echo(kPong, "pongme 2!");
      ws.expect_echo(kText, "fragment1fragment2fragment3fragment4fragment5");
      ws.expect_clean_close();
    });
  }
}

TEST(WebSocketCases, Group7WhatComesAfterAClose) {
  CaseGroup group(6);
  group.run("7.1.1", [](Ws& ws) {
    ws.say(kText, "Hello World!");
    ws.expect_echo(kText, "Hello World!");
    ws.expect_clean_close();
  });
  for (const auto& [number, more] :
       {std::pair("7.1.2", kClose), std::pair("7.1.3", kPing), std::pair("7.1.4", kText)}) {
    group.run(number, [&](Ws& ws) {
      ws.say(kClose, coded(1000));
      ws.say(more, more == kClose ? coded(1000) : "after");
      EXPECT_EQ(ws.close_code(), 1000);
      ws.expect_end();
    });
  }
  group.run("7.1.5", [](Ws& ws) {
    ws.say(kText, "fragment1", false);
    ws.say(kClose, coded(1000));
    ws.say(kContinue, "fragment2");
    EXPECT_EQ(ws.close_code(), 1000);
    ws.expect_end();
  });
  group.run("7.1.6", [](Ws& ws) {
    ws.say(kText, std::string(256 * 1024, '*'));
    ws.say(kText, "Hello World!");
    ws.expect_clean_close();
  });
}

TEST(WebSocketCases, Group7PayloadsOfACloseFrame) {
  CaseGroup group(7);
  // 7.3.1: to an empty one, an empty one or 1000.
  group.run("7.3.1", [](Ws& ws) {
    ws.say(kClose, "");
    const int code = ws.close_code();
    EXPECT_TRUE(code == 1000 || code == 0) << code;
    ws.expect_end();
  });
  const std::pair<const char*, std::string> good[] = {{"7.3.3", coded(1000)},
                                                      {"7.3.4", coded(1000, "Hello World!")},
                                                      {"7.3.5", coded(1000, std::string(123, '*'))}};
  for (const auto& [number, payload] : good) {
    group.run(number, [&](Ws& ws) {
      ws.say(kClose, payload);
      EXPECT_EQ(ws.close_code(), 1000);
      ws.expect_end();
    });
  }
  const std::pair<const char*, std::string> bad[] = {{"7.3.2", "a"},
                                                     {"7.3.6", coded(1000, std::string(124, '*'))}};
  for (const auto& [number, payload] : bad) {
    group.run(number, [&](Ws& ws) {
      ws.say(kClose, payload);
      ws.expect_failure(1002);
    });
  }
  group.run("7.5.1", [](Ws& ws) {
    ws.say(kClose,
           coded(1000, "\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5\xed\xa0\x80\x65\x64\x69\x74\x65\x64"));
    const int code = ws.close_code();
    EXPECT_TRUE(code == 1002 || code == 1007 || code == -1) << code;
    ws.expect_end();
  });
}

TEST(WebSocketCases, Group7CodesOfACloseFrame) {
  CaseGroup group(24);
  const int valid[] = {1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999};
  for (unsigned i = 0; i < std::size(valid); ++i) {
    group.run("7.7." + std::to_string(i + 1), [&](Ws& ws) {
      ws.say(kClose, coded(valid[i]));
      EXPECT_EQ(ws.close_code(), valid[i]);
      ws.expect_end();
    });
  }
  const int invalid[] = {0, 999, 1004, 1005, 1006, 1016, 1100, 2000, 2999};
  for (unsigned i = 0; i < std::size(invalid); ++i) {
    group.run("7.9." + std::to_string(i + 1), [&](Ws& ws) {
      ws.say(kClose, coded(invalid[i]));
      ws.expect_failure(1002);
    });
  }
  // Nobody has said what these mean: any answer is good, but there must be an end.
  for (const auto& [number, code] : {std::pair("7.13.1", 5000), std::pair("7.13.2", 65535)}) {
    group.run(number, [&](Ws& ws) {
      ws.say(kClose, coded(code));
      ws.close_code();
      ws.expect_end();
    });
  }
}

TEST(WebSocketCases, Group10ManyFragments) {
  CaseGroup group(1);
  group.run("10.1.1", [](Ws& ws) {
    const std::string payload(65536, '*');
    for (std::size_t i = 0; i < payload.size(); i += 1300) {
      ws.say(i == 0 ? kText : kContinue, payload.substr(i, 1300), i + 1300 >= payload.size());
    }
    ws.expect_echo(kText, payload);
    ws.expect_clean_close();
  });
}

TEST(WebSocket, WhatNoClientMayDoEndsTheConnection) {
  const HttpEchoServer server;
  Ws unmasked(server.port);
  unmasked.send(Ws::frame(kText, "Hello", true, 0, false));
  unmasked.expect_failure(1002);
  Ws endless(server.port);
  endless.send(std::string("\x81\xff\x7f\xff\xff\xff\xff\xff\xff\xff\x12\x34\x56\x78", 14));
  EXPECT_NE(endless.close_code(), 1000);
  endless.expect_end();
  Ws too_long(server.port);
  too_long.say(kBinary, std::string(300'001, 'x'));
  too_long.expect_failure(1009);
}

TEST(WebSocket, WhoSendsTooMuchCanSendItAllAndHearsWhy) {
  const HttpEchoServer server;
  for (int i = 0; i < 3; ++i) {
    Ws too_long(server.port);
    EXPECT_TRUE(too_long.send(Ws::frame(kText, std::string(6'000'000, 'x'))));
    too_long.expect_failure(1009);
  }
}

// Their end may be told together with the last of what they said, and is then not told again.
TEST(WebSocket, WhoGoesWithoutAWordIsForgottenAtOnce) {
  HttpEchoServer server;
  for (int i = 0; i < 20; ++i) {
    Ws gone(server.port);
    gone.say(kText, "Hello");
    gone.hang_up();
  }
  while (server.connections() > 0) std::this_thread::sleep_for(std::chrono::milliseconds(10));
}

TEST(WebSocket, HandshakesThatAreNoneAreRefused) {
  const HttpEchoServer server;
  const std::string good =
      "GET /any HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
      "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
  const auto without = [&](const std::string& line) {
    std::string out = good;
    return out.erase(out.find(line), line.size());
  };
  const std::pair<std::string, std::string> cases[] = {
      {without("Connection: Upgrade\r\n"), "400"},
      {without("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"), "400"},
      {without("Sec-WebSocket-Version: 13\r\n"), "426"},
      {"POST" + good.substr(3), "400"},
      {good + "X: " + std::string(65'536, 'x') + "\r\n", "431"},
  };
  for (const auto& [request, status] : cases) {
    HttpTestClient client(server.port);
    client.send(request + "\r\n");
    EXPECT_EQ(client.to_the_end().substr(0, 12), "HTTP/1.1 " + status) << request.substr(0, 200);
  }
}

}  // namespace
}  // namespace tokcast

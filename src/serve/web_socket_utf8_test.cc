// WebSockets by the case table of the Autobahn|Testsuite: group 6, text that is UTF-8 and text that is not.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "serve/web_socket_test_util.h"

namespace tokcast {
namespace {

constexpr bool kGood = true;
constexpr bool kBad = false;
const std::string kKosme = "\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5";

struct Sequence {
  bool valid;
  std::string bytes;
};

// Of 6.6: a text cut after each of its bytes is whole only where a character ends.
std::vector<Sequence> prefixes_of_kosme() {
  std::vector<Sequence> out;
  for (std::size_t i = 1; i <= kKosme.size(); ++i) {
    const bool is_whole = i == kKosme.size() || (static_cast<unsigned char>(kKosme[i]) & 0xC0U) != 0x80U;
    out.push_back({is_whole, kKosme.substr(0, i)});
  }
  return out;
}

// Of 6.12: all 64 continuation bytes, after 1 to 7 of them.
std::vector<Sequence> continuations_of_nothing() {
  std::vector<Sequence> out{{kBad, "\x80"}, {kBad, "\xbf"}};
  std::string row = "\x80";
  for (int i = 0; i < 5; ++i) out.push_back({kBad, row += i % 2 == 0 ? '\xbf' : '\x80'});
  std::string all;
  for (unsigned byte = 0x80; byte < 0xC0; ++byte) all += static_cast<char>(byte);
  out.push_back({kBad, all});
  return out;
}

std::string lonely(unsigned first, unsigned last) {
  std::string out;
  for (unsigned byte = first; byte <= last; ++byte) {
    out += static_cast<char>(byte);
    out += ' ';
  }
  return out;
}

// Of 6.22: the last two code points of each plane, which are no characters and yet valid.
std::vector<Sequence> non_characters() {
  std::vector<Sequence> out;
  for (unsigned plane = 0; plane <= 16; ++plane) {
    for (const char last : {'\xbe', '\xbf'}) {
      if (plane == 0) {
        out.push_back({kGood, std::string("\xef\xbf") + last});
        continue;
      }
      const unsigned top = plane * 0x10 + 0xF;  // the code point's bits above the lowest twelve
      out.push_back(
          {kGood,
           {static_cast<char>(0xF0U | (top >> 6U)), static_cast<char>(0x80U | (top & 0x3FU)), '\xbf', last}});
    }
  }
  return out;
}

// From 6.5 on, as the table numbers them.
std::vector<std::vector<Sequence>> sequences() {
  const std::vector<Sequence> missing_last{{kBad, "\xc0"},
                                           {kBad, "\xe0\x80"},
                                           {kBad, "\xf0\x80\x80"},
                                           {kBad, "\xf8\x80\x80\x80"},
                                           {kBad, "\xfc\x80\x80\x80\x80"},
                                           {kBad, "\xdf"},
                                           {kBad, "\xef\xbf"},
                                           {kBad, "\xf7\xbf\xbf"},
                                           {kBad, "\xfb\xbf\xbf\xbf"},
                                           {kBad, "\xfd\xbf\xbf\xbf\xbf"}};
  std::string all_missing;
  for (const Sequence& one : missing_last) all_missing += one.bytes;
  return {
      // 6.5: characters of every length
      {{kGood, "hello\x24world"},
       {kGood, "hello\xc2\xa2world"},
       {kGood, "hello\xe2\x82\xacworld"},
       {kGood, "hello\xf0\xa4\xad\xa2world"},
       {kGood, kKosme}},
      prefixes_of_kosme(),
      // 6.7, 6.8: the first code point of each length; 5 and 6 bytes are none
      {{kGood, std::string(1, '\0')},
       {kGood, "\xc2\x80"},
       {kGood, "\xe0\xa0\x80"},
       {kGood, "\xf0\x90\x80\x80"}},
      {{kBad, "\xf8\x88\x80\x80\x80"}, {kBad, "\xfc\x84\x80\x80\x80\x80"}},
      // 6.9, 6.10: the last one of each length
      {{kGood, "\x7f"}, {kGood, "\xdf\xbf"}, {kGood, "\xef\xbf\xbf"}, {kGood, "\xf4\x8f\xbf\xbf"}},
      {{kBad, "\xf7\xbf\xbf\xbf"}, {kBad, "\xfb\xbf\xbf\xbf\xbf"}, {kBad, "\xfd\xbf\xbf\xbf\xbf\xbf"}},
      // 6.11: around the surrogates, and beyond the last code point
      {{kGood, "\xed\x9f\xbf"},
       {kGood, "\xee\x80\x80"},
       {kGood, "\xef\xbf\xbd"},
       {kGood, "\xf4\x8f\xbf\xbf"},
       {kBad, "\xf4\x90\x80\x80"}},
      continuations_of_nothing(),
      // 6.13: first bytes that nothing follows
      {{kBad, lonely(0xC0, 0xDF)},
       {kBad, lonely(0xE0, 0xEF)},
       {kBad, lonely(0xF0, 0xF7)},
       {kBad, lonely(0xF8, 0xFB)},
       {kBad, lonely(0xFC, 0xFD)}},
      missing_last,
      {{kBad, all_missing}},
      // 6.16: bytes that are never used
      {{kBad, "\xfe"}, {kBad, "\xff"}, {kBad, "\xfe\xfe\xff\xff"}},
      // 6.17 to 6.19: longer than need be
      {{kBad, "\xc0\xaf"},
       {kBad, "\xe0\x80\xaf"},
       {kBad, "\xf0\x80\x80\xaf"},
       {kBad, "\xf8\x80\x80\x80\xaf"},
       {kBad, "\xfc\x80\x80\x80\x80\xaf"}},
      {{kBad, "\xc1\xbf"},
       {kBad, "\xe0\x9f\xbf"},
       {kBad, "\xf0\x8f\xbf\xbf"},
       {kBad, "\xf8\x87\xbf\xbf\xbf"},
       {kBad, "\xfc\x83\xbf\xbf\xbf\xbf"}},
      {{kBad, "\xc0\x80"},
       {kBad, "\xe0\x80\x80"},
       {kBad, "\xf0\x80\x80\x80"},
       {kBad, "\xf8\x80\x80\x80\x80"},
       {kBad, "\xfc\x80\x80\x80\x80\x80"}},
      // 6.20, 6.21: surrogates, alone and in pairs
      {{kBad, "\xed\xa0\x80"},
       {kBad, "\xed\xad\xbf"},
       {kBad, "\xed\xae\x80"},
       {kBad, "\xed\xaf\xbf"},
       {kBad, "\xed\xb0\x80"},
       {kBad, "\xed\xbe\x80"},
       {kBad, "\xed\xbf\xbf"}},
      {{kBad, "\xed\xa0\x80\xed\xb0\x80"},
       {kBad, "\xed\xa0\x80\xed\xbf\xbf"},
       {kBad, "\xed\xad\xbf\xed\xb0\x80"},
       {kBad, "\xed\xad\xbf\xed\xbf\xbf"},
       {kBad, "\xed\xae\x80\xed\xb0\x80"},
       {kBad, "\xed\xae\x80\xed\xbf\xbf"},
       {kBad, "\xed\xaf\xbf\xed\xb0\x80"},
       {kBad, "\xed\xaf\xbf\xed\xbf\xbf"}},
      non_characters(),
      // 6.23: the specials
      {{kGood, "\xef\xbf\xb9"},
       {kGood, "\xef\xbf\xba"},
       {kGood, "\xef\xbf\xbb"},
       {kGood, "\xef\xbf\xbc"},
       {kGood, "\xef\xbf\xbd"},
       {kGood, "\xef\xbf\xbe"},
       {kGood, "\xef\xbf\xbf"}},
  };
}

// A frame for each byte, and an empty one with the end.
void say_byte_by_byte(const Ws& ws, const std::string& text) {
  for (std::size_t i = 0; i < text.size(); ++i) ws.say(i == 0 ? kText : kContinue, text.substr(i, 1), false);
  ws.say(kContinue, "");
}

TEST(WebSocketCases, Group6EmptyText) {
  CaseGroup group(3);
  group.run("6.1.1", [](Ws& ws) {
    ws.say(kText, "");
    ws.expect_echo(kText, "");
    ws.expect_clean_close();
  });
  for (const auto& [number, middle] : {std::pair("6.1.2", ""), std::pair("6.1.3", "middle frame payload")}) {
    group.run(number, [&](Ws& ws) {
      ws.say(kText, "", false);
      ws.say(kContinue, middle, false);
      ws.say(kContinue, "");
      ws.expect_echo(kText, middle);
      ws.expect_clean_close();
    });
  }
}

TEST(WebSocketCases, Group6ValidTextInFragments) {
  CaseGroup group(4);
  const std::string first = "Hello-\xc2\xb5@\xc3\x9f\xc3\xb6\xc3\xa4";
  const std::string second = "\xc3\xbc\xc3\xa0\xc3\xa1-UTF-8!!";
  const auto expect_echo = [](Ws& ws, const std::string& text) {
    ws.expect_echo(kText, text);
    ws.expect_clean_close();
  };
  group.run("6.2.1", [&](Ws& ws) {
    ws.say(kText, first + second);
    expect_echo(ws, first + second);
  });
  group.run("6.2.2", [&](Ws& ws) {
    ws.say(kText, first, false);
    ws.say(kContinue, second);
    expect_echo(ws, first + second);
  });
  for (const auto& [number, text] : {std::pair("6.2.3", first + second), std::pair("6.2.4", kKosme)}) {
    group.run(number, [&](Ws& ws) {
      say_byte_by_byte(ws, text);
      expect_echo(ws, text);
    });
  }
}

TEST(WebSocketCases, Group6InvalidTextFails) {
  CaseGroup group(2);
  const std::string text = kKosme + "\xed\xa0\x80\x65\x64\x69\x74\x65\x64";
  group.run("6.3.1", [&](Ws& ws) {
    ws.say(kText, text);
    ws.expect_failure(1007);
  });
  group.run("6.3.2", [&](Ws& ws) {
    say_byte_by_byte(ws, text);
    ws.expect_failure(1007);
  });
}

// At once, not at the message's end: the rest is never sent.
TEST(WebSocketCases, Group6InvalidTextFailsAtItsFirstWrongByte) {
  CaseGroup group(4);
  const std::pair<std::string, std::string> parts[] = {{kKosme, "\xf4\x90\x80\x80"},
                                                       {kKosme + "\xf4", "\x90"}};
  const std::string rest(6, 'x');
  for (unsigned i = 0; i < 2; ++i) {
    const auto& [first, second] = parts[i];
    group.run("6.4." + std::to_string(i + 1), [&](Ws& ws) {
      ws.say(kText, first, false);
      ws.say(kContinue, second, false);
      ws.expect_failure(1007);
    });
    group.run("6.4." + std::to_string(i + 3), [&](Ws& ws) {
      const std::string frame = Ws::frame(kText, first + second + rest);
      ws.send(frame.substr(0, frame.size() - rest.size()), frame.size() - rest.size() - second.size());
      ws.expect_failure(1007);
    });
  }
}

TEST(WebSocketCases, Group6EverySequenceIsTakenForWhatItIs) {
  CaseGroup group(132);
  unsigned row = 5;
  for (const std::vector<Sequence>& sequences_of_row : sequences()) {
    unsigned number = 0;
    for (const Sequence& sequence : sequences_of_row) {
      group.run("6." + std::to_string(row) + "." + std::to_string(++number), [&](Ws& ws) {
        ws.say(kText, sequence.bytes);
        if (!sequence.valid) return ws.expect_failure(1007);
        ws.expect_echo(kText, sequence.bytes);
        ws.expect_clean_close();
      });
    }
    ++row;
  }
}

}  // namespace
}  // namespace tokcast

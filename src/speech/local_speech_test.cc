// The real voices into the real recogniser.
#include "speech/local_speech.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <thread>

#include "speech/g711.h"

namespace tokcast {
namespace {

constexpr const char* kSentence = "hello how are you today";

class LocalSpeechTest : public testing::Test {
 protected:
  std::vector<std::int16_t> say(const std::string& text, const std::string& voice = {}, double speed = 1) {
    const auto sound = speech_->synthesise(
        {.text = text, .voice = voice, .encoding = SoundEncoding::kLinear16, .rate = 16'000, .speed = speed});
    EXPECT_TRUE(sound) << describe(sound.error());
    return decode_linear16(sound.value_or(""));
  }

  // All that is heard in it, as it would come by a line: a tenth of a second at a time, quiet before and
  // after.
  std::vector<Recognised> hear(const std::vector<std::int16_t>& sound, std::uint32_t rate = 16'000) {
    const std::vector<std::int16_t> quiet(rate);
    std::vector<std::int16_t> line = quiet;
    line.insert(line.end(), sound.begin(), sound.end());
    line.insert(line.end(), quiet.begin(), quiet.end());
    const auto recogniser = speech_->start_recogniser({.rate = rate}).value();
    std::vector<Recognised> out;
    const std::size_t piece = rate / 10;
    for (std::size_t at = 0; at < line.size(); at += piece) {
      const auto heard = recogniser->feed(std::span(line).subspan(at, std::min(piece, line.size() - at)));
      EXPECT_TRUE(heard) << describe(heard.error());
      out.insert(out.end(), heard->begin(), heard->end());
    }
    return out;
  }

  static std::string last_text(const std::vector<Recognised>& heard) {
    return heard.empty() || !heard.back().is_final ? "" : heard.back().text;
  }

  std::unique_ptr<Speech> speech_ = make_local_speech();
};

TEST_F(LocalSpeechTest, WhatIsSaidIsHeard) {
  const auto heard = hear(say(kSentence));
  EXPECT_EQ(last_text(heard), kSentence);
  EXPECT_GT(heard.size(), 3U);  // partials
  EXPECT_FALSE(heard.front().is_final);
  EXPECT_EQ(std::ranges::count(heard, true, &Recognised::is_final), 1);
  EXPECT_GT(heard.back().begin.value, 0.7);
}

TEST_F(LocalSpeechTest, ALineOfATelephoneWillDo) {
  const auto sound = speech_->synthesise({.text = kSentence});  // G.711 at 8000, as on the line
  ASSERT_TRUE(sound);
  EXPECT_EQ(last_text(hear(decode_mulaw(*sound), 8000)), kSentence);
}

TEST_F(LocalSpeechTest, QuietIsNoSpeech) {
  EXPECT_TRUE(hear(std::vector<std::int16_t>(32'000)).empty());
}

TEST_F(LocalSpeechTest, OneSessionDoesNotChangeWhatAnotherHears) {
  const auto sound = say(kSentence);
  const auto first = last_text(hear(sound));
  hear(say("something completely different", "rms"));
  EXPECT_EQ(last_text(hear(sound)), first);
}

TEST_F(LocalSpeechTest, SeveralMaySpeakAndListenAtOnce) {
  const auto sound = say(kSentence);
  std::vector<std::thread> threads;
  std::vector<std::string> texts(2);
  for (std::string& text : texts) {
    threads.emplace_back([&] {
      say("and another one", "kal");
      text = last_text(hear(sound));
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(texts, (std::vector<std::string>{kSentence, kSentence}));
}

TEST_F(LocalSpeechTest, EveryVoiceSpeaksAndSpeedIsSpeed) {
  for (const SpeechBackend& backend : speech_->backends()) {
    if (backend.name != "flite") continue;
    for (const std::string& voice : backend.voices) EXPECT_GT(say(kSentence, voice).size(), 12'000U) << voice;
  }
  EXPECT_GT(say(kSentence, "slt", 0.5).size(), 2 * say(kSentence, "slt", 2).size());
}

TEST_F(LocalSpeechTest, WhatCannotBeSpokenIsAnErrorAndNotSilence) {
  const auto error = [&](const SynthesisRequest& request) {
    const auto sound = speech_->synthesise(request);
    return sound ? std::string("none") : std::string(error_kind_name(sound.error().kind));
  };
  EXPECT_EQ(error({.text = "***"}), "bad-input");
  EXPECT_EQ(error({.text = "😀"}), "bad-input");
  EXPECT_EQ(error({.text = std::string(kLongestPiece + 1, 'a')}), "bad-input");
  EXPECT_EQ(error({.text = "hello", .speed = 0}), "bad-input");
  EXPECT_EQ(error({.text = "hello", .rate = 1}), "bad-input");
  EXPECT_EQ(error({.text = "hello", .voice = "nobody"}), "not-found");
}

TEST_F(LocalSpeechTest, TextThatHurtsIsSpokenOrRefusedButNeverFatal) {
  for (const std::string& text :
       {std::string(kLongestPiece, '9'), std::string(kLongestPiece, 'z'), std::string(kLongestPiece, '.'),
        std::string("$1,000,000.00 at 25:61 on 99/99/9999"), std::string("%s%n%d"), std::string("\0a\0", 3),
        std::string("</speak><audio src=\"/etc/passwd\"/>")}) {
    const auto sound = speech_->synthesise({.text = text});
    EXPECT_TRUE(sound || sound.error().kind == ErrorKind::kBadInput) << describe(sound.error());
  }
}

TEST_F(LocalSpeechTest, EspeakSpeaksWhereItIsInstalled) {
  const auto backends = speech_->backends();
  const auto espeak = std::ranges::find(backends, "espeak-ng", &SpeechBackend::name);
  ASSERT_NE(espeak, backends.end());
  if (!espeak->available) GTEST_SKIP() << espeak->missing;
  EXPECT_GT(say("guten Tag", "espeak-ng/de").size(), 8000U);
}

TEST(LocalSpeechAway, AMissingModelNamesItsPackage) {
  const auto speech = make_local_speech({.sphinx_folder = "/nowhere", .espeak = "/nowhere/espeak"});
  EXPECT_EQ(speech->recogniser_name(), "");
  const auto started = speech->start_recogniser({});
  ASSERT_FALSE(started);
  EXPECT_EQ(started.error().kind, ErrorKind::kUnsupported);
  EXPECT_NE(started.error().message.find("pocketsphinx-en-us"), std::string::npos) << started.error().message;
  const auto spoken = speech->synthesise({.text = "hallo", .voice = "espeak-ng/de"});
  ASSERT_FALSE(spoken);
  EXPECT_NE(spoken.error().message.find("install the package espeak-ng"), std::string::npos);
  EXPECT_TRUE(speech->synthesise({.text = "hello"}));
}

}  // namespace
}  // namespace tokcast

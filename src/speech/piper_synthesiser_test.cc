// piper as a child, made of shell script.
#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <thread>

#include "engine/fake_engine_test_util.h"
#include "speech/local_speech.h"
#include "speech/synthesiser.h"

namespace tokcast {
namespace {

class PiperTest : public testing::Test {
 protected:
  PiperTest() {
    write_text(folder_ / "a-voice.onnx", "");
    describe_voice(R"({"audio":{"sample_rate":22050},"inference":{"length_scale":1.5}})");
  }
  void describe_voice(const std::string& json) const { write_text(folder_ / "a-voice.onnx.json", json); }
  Result<PiperVoice> voice() const { return read_piper_voice(folder_ / "a-voice.onnx"); }
  Result<Sound> speak(const std::string& script, double speed = 1, const std::stop_token& stop = {}) const {
    const auto piper = make_piper(write_script(folder_ / "piper", script), {voice().value()});
    return piper->speak("guten Tag", "piper/a-voice", speed, stop);
  }

  TemporaryDirectory folder_;
};

TEST_F(PiperTest, TurnsLinesOnStdinIntoSoundOfTheVoicesRate) {
  const auto sound = speak("echo \"$@\" > '" + folder_.path() + "/said'; cat >> '" + folder_.path() +
                           "/said'; printf '\\001\\000\\377\\377'");
  ASSERT_TRUE(sound) << describe(sound.error());
  EXPECT_EQ(sound->rate, 22'050U);
  EXPECT_EQ(sound->samples, (std::vector<std::int16_t>{1, -1}));
  EXPECT_EQ(read_text(folder_ / "said"),
            "--model " + (folder_ / "a-voice.onnx") + " --output-raw\nguten Tag\n");
}

TEST_F(PiperTest, IsSlowerForALongerScale) {
  ASSERT_TRUE(speak("echo \"$@\" > '" + folder_.path() + "/said'; printf '\\001\\000'", 2));
  EXPECT_NE(read_text(folder_ / "said").find("--length-scale 0.750"), std::string::npos);
}

TEST_F(PiperTest, ThatFailsIsAnErrorWithItsLastWords) {
  const auto sound = speak("echo 'no such phoneme' >&2; exit 3");
  ASSERT_FALSE(sound);
  EXPECT_EQ(sound.error().kind, ErrorKind::kEngineFailed);
  EXPECT_EQ(sound.error().message, "piper exited with code 3");
  EXPECT_EQ(sound.error().place, "no such phoneme");
}

TEST_F(PiperTest, ThatNeverEndsItsSoundIsCut) {
  const auto sound = speak("cat /dev/zero");
  ASSERT_FALSE(sound);
  EXPECT_EQ(sound.error().kind, ErrorKind::kEngineFailed);
  EXPECT_NE(sound.error().message.find("printed more than"), std::string::npos) << sound.error().message;
}

TEST_F(PiperTest, ThatNobodyWantsAnyMoreIsKilled) {
  const auto stop = std::make_unique<std::stop_source>();  // on the stack g++ 12 takes it for uninitialised
  std::thread other([&stop] {
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    stop->request_stop();
  });
  const auto sound = speak("sleep 1000", 1, stop->get_token());
  other.join();
  ASSERT_FALSE(sound);
  EXPECT_EQ(sound.error().kind, ErrorKind::kInterrupted);
}

TEST_F(PiperTest, IsKnownByItsHelpAndNotByItsName) {
  EXPECT_TRUE(is_piper(write_script(folder_ / "a", "echo '  --output_raw  output raw audio' >&2")));
  EXPECT_FALSE(is_piper(write_script(folder_ / "b", "echo 'configures mice'")));
  EXPECT_FALSE(is_piper("/nowhere/piper"));
}

TEST_F(PiperTest, SaysWhatIsMissingOfAVoice) {
  EXPECT_EQ(read_piper_voice("/nowhere.onnx").error().kind, ErrorKind::kNotFound);
  write_text(folder_ / "alone.onnx", "");
  const auto alone = read_piper_voice(folder_ / "alone.onnx");
  ASSERT_FALSE(alone);
  EXPECT_NE(alone.error().place.find("alone.onnx.json"), std::string::npos);
}

TEST_F(PiperTest, RefusesDescriptionsThatMakeNoSense) {
  for (const char* text :
       {"", "[]", "{}", R"({"audio":3})", R"({"audio":{"sample_rate":0}})", R"({"audio":{"sample_rate":-1}})",
        R"({"audio":{"sample_rate":"22050"}})", R"({"audio":{"sample_rate":1e9}})"}) {
    describe_voice(text);
    const auto read = voice();
    ASSERT_FALSE(read) << text;
    EXPECT_EQ(read.error().kind, ErrorKind::kBadInput) << text;
  }
  describe_voice(R"({"audio":{"sample_rate":16000},"inference":{"length_scale":-3}})");
  EXPECT_EQ(voice().value().length_scale, 1);
}

TEST_F(PiperTest, IsTheDefaultVoiceWhereItIsThereAndListedWhereItIsNot) {
  const std::string program = write_script(folder_ / "piper", "head -c 4000 /dev/zero");
  const auto with = make_local_speech({.piper = program, .piper_voices = {voice().value()}});
  EXPECT_EQ(with->synthesiser_name(), "piper");
  EXPECT_TRUE(with->synthesise({.text = "hello"}));
  EXPECT_TRUE(with->synthesise({.text = "hello", .voice = "slt"}));
  const auto without = make_local_speech({.piper = "/nowhere/piper", .piper_voices = {voice().value()}});
  EXPECT_EQ(without->synthesiser_name(), "flite");
  const auto spoken = without->synthesise({.text = "hello", .voice = "piper/a-voice"});
  ASSERT_FALSE(spoken);
  EXPECT_EQ(spoken.error().kind, ErrorKind::kUnsupported);
}

}  // namespace
}  // namespace tokcast

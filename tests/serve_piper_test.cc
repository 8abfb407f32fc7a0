// The real executable with piper as its voice, made of shell script.
#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "serve_session_test_util.h"

namespace tokcast {
namespace {

class ServePiper : public ServeProcess {
 protected:
  ServePiper() {
    write_text(home_ / "test-voice.onnx", "");
    write_text(home_ / "test-voice.onnx.json", R"({"audio":{"sample_rate":22050}})");
  }
  void start_speaking(const std::string& script) {
    const std::string program = write_script(home_ / "fake-piper", script);
    start_ready({"--piper", program, "--piper-voice", home_ / "test-voice.onnx"});
  }
};

TEST_F(ServePiper, SpeaksInItsOwnVoice) {
  start_speaking("head -c 44100 /dev/zero");
  const TestAnswer sound =
      ask(port_, "POST", "/v1/audio/speech", R"({"input":"hello","response_format":"pcm","voice":"alloy"})");
  ASSERT_EQ(sound.status, 200) << sound.body.substr(0, 200);
  EXPECT_TRUE(contains(sound.head, "X-Tokcast-Voice: piper/test-voice")) << sound.head;
  EXPECT_NEAR(static_cast<double>(sound.body.size()), 48'000, 500);  // a second at 24000
  TestSession session(port_);
  session.tell({{"type", "capabilities"}});
  EXPECT_EQ(session.next("capabilities_response")["capabilities"]["piper"], true);
  session.tell({{"type", "status"}});
  EXPECT_EQ(session.next("status_response")["tts_backend"], "piper");
  // The others are still there.
  const TestAnswer other = ask(port_, "POST", "/v1/audio/speech", R"({"input":"hello","voice":"slt"})");
  EXPECT_TRUE(contains(other.head, "X-Tokcast-Voice: slt")) << other.head;
}

TEST_F(ServePiper, IsKilledWhenSomebodyBargesIn) {
  start_speaking("echo $$ > \"$HOME/piper.pid\"; exec sleep 1000");
  TestSession session(port_);
  session.tell({{"type", "tts_request"}, {"text", "hello"}});
  ASSERT_TRUE(wait_for([&] { return !read_text(home_ / "piper.pid").empty(); }));
  const int pid = std::stoi(read_text(home_ / "piper.pid"));
  session.tell({{"type", "barge_in"}});
  EXPECT_EQ(session.next("barge_in_ack")["status"], "ok");
  // Long before its patience is over it would still sleep.
  EXPECT_TRUE(wait_for([&] { return kill(pid, 0) != 0; }, 10));
}

TEST_F(ServePiper, ThatFailsIsAnErrorAndNotSilence) {
  start_speaking("echo 'no such phoneme' >&2; exit 1");
  TestSession session(port_);
  session.tell({{"type", "tts_request"}, {"text", "hello"}});
  EXPECT_EQ(session.next("error")["code"], "tts_failed");
}

// With nothing named on the command line and a program of that name in PATH.
class ServeSetUpVoice : public ServePiper {
 protected:
  std::string voice_with(const std::string& script) {
    std::filesystem::create_directories(home_ / ".config/tokcast");
    std::filesystem::create_directories(home_ / "bin");
    write_text(home_ / ".config/tokcast/config.toml",
               "[llm]\nmodel_path = '" + std::exchange(model_, "") + "'\n[speech]\nsynthesis_path = '" +
                   (home_ / "test-voice.onnx") + "'\n[speech.whisper]\nmodel = '" +
                   (home_ / "test-voice.onnx") + "'\nprogram = '" TOKCAST_FAKE_WHISPER_SERVER "'\n");
    write_script(home_ / "bin/piper", script);
    start_ready({}, {{"PATH", (home_ / "bin") + ":/usr/bin:/bin"}});
    TestSession session(port_);
    Json status;
    EXPECT_TRUE(wait_for([&] {
      session.tell({{"type", "status"}});
      status = session.next("status_response");
      return status["models"]["stt"]["loaded"] == true;
    }));
    EXPECT_EQ(status["stt_backend"], "whisper_cpp");
    return status["tts_backend"];
  }
};

TEST_F(ServeSetUpVoice, SpeaksWherePiperIsThere) {
  EXPECT_EQ(voice_with("echo '  --output_raw  output raw audio'"), "piper");
}

TEST_F(ServeSetUpVoice, IsSilentWhereAnotherProgramHasItsName) {
  EXPECT_EQ(voice_with("echo 'configures mice'"), "flite");
}

TEST_F(ServePiper, ThatIsMissingEndsTheCommandWithWhatToDo) {
  const auto serve = [&](const std::string& program, const std::string& voice) {
    return tokcast({"serve", "--port", "0", model_, "--piper", program, "--piper-voice", voice});
  };
  const ChildResult missing = serve("/nowhere/piper", home_ / "test-voice.onnx");
  EXPECT_EQ(missing.exit_code, 33);
  EXPECT_TRUE(contains(missing.standard_error, "--piper")) << missing.standard_error;
  EXPECT_EQ(serve("sh", "/nowhere.onnx").exit_code, 33);
  write_text(home_ / "bad.onnx", "");
  write_text(home_ / "bad.onnx.json", R"({"audio":{"sample_rate":1}})");
  EXPECT_EQ(serve("sh", home_ / "bad.onnx").exit_code, 34);
}

}  // namespace
}  // namespace tokcast

// The real executable with whisper.cpp's server as its recogniser, made for tests: what it hears, and what is
// said when it dies, hangs or answers nonsense.
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "serve_session_test_util.h"

namespace tokcast {
namespace {

class ServeWhisper : public ServeProcess {
 protected:
  ServeWhisper() { write_text(home_ / "ggml-ears.en.bin", "lmgg"); }

  void start_listening(std::vector<std::pair<std::string, std::string>> environment = {}) {
    environment.emplace_back("FAKE_WHISPER", home_ / "wish");
    start_ready({"--whisper", TOKCAST_FAKE_WHISPER_SERVER, "--whisper-model", home_ / "ggml-ears.en.bin"},
                std::move(environment));
  }
  void wish(const std::string& what) const { write_text(home_ / "wish", what); }
  bool wait_until_it_listens() {
    return wait_for([&] { return capabilities()["capabilities"]["whisper_cpp"] == true; });
  }
  Json capabilities() const {
    TestSession session(port_);
    session.tell({{"type", "capabilities"}});
    return session.next("capabilities_response");
  }
  // 0: it does not run.
  int whisper_pid() const {
    for (const int pid : engine_pids()) {
      if (contains(read_text("/proc/" + std::to_string(pid) + "/cmdline"), "fake_whisper")) return pid;
    }
    return 0;
  }
  // What is heard of a sentence.
  static Json hear(TestSession& session) {
    session.tell({{"type", "set_mode"}, {"mode", "stt"}});
    session.send_sound(session.voice_of("hello how are you today") + std::string(32'000, '\0'));
    return session.next_final();
  }
};

TEST_F(ServeWhisper, HearsWhatIsSaid) {
  start_listening();
  ASSERT_TRUE(wait_until_it_listens()) << said();
  EXPECT_EQ(capabilities()["stt_partials"], false);
  TestSession session(port_);
  session.tell({{"type", "set_mode"}, {"mode", "stt"}});
  session.send_sound(session.voice_of("hello how are you today") + std::string(32'000, '\0'));
  const Json heard = session.next("stt_result");  // the first one: there are no partials
  EXPECT_EQ(heard["is_final"], true);
  EXPECT_EQ(heard["text"], "Hello from whisper.");
  EXPECT_EQ(heard["stt_backend"], "whisper_cpp");
  session.tell({{"type", "status"}});
  const Json status = session.next("status_response");
  EXPECT_EQ(status["models"]["stt"]["backend"], "whisper_cpp");
  EXPECT_EQ(status["models"]["stt"]["loaded"], true);
  EXPECT_EQ(status["models"]["stt"]["display"], "whisper.cpp, ggml-ears.en");
  EXPECT_FALSE(status["config"]["startup_errors"].contains("stt")) << status;
  EXPECT_TRUE(contains(said(), "whisper-server is ready")) << said();
}

TEST_F(ServeWhisper, IsThereForHttpToo) {
  start_listening();
  ASSERT_TRUE(wait_until_it_listens()) << said();
  const TestAnswer sound = ask(port_, "POST", "/v1/audio/speech", R"({"input":"hello how are you today"})");
  const std::string form =
      "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.wav\"\r\n\r\n" + sound.body +
      "\r\n--b--\r\n";
  const auto transcribe = [&] {
    return ask(port_, "POST", "/v1/audio/transcriptions", form,
               "Content-Type: multipart/form-data; boundary=b\r\n");
  };
  EXPECT_EQ(transcribe().json()["text"], "Hello from whisper.");
  wish("refuse");
  EXPECT_EQ(transcribe().status, 500);
  wish("die");
  const TestAnswer gone = transcribe();
  EXPECT_EQ(gone.status, 503);
  EXPECT_EQ(gone.json()["error"]["code"], "unavailable");
  EXPECT_TRUE(contains(gone.head, "Retry-After"));
}

TEST_F(ServeWhisper, WithoutHealthIsOneOfItsFirstVersions) {
  start_listening({{"FAKE_WHISPER_OLD", "1"}});
  ASSERT_TRUE(wait_until_it_listens()) << said();
  TestSession session(port_);
  EXPECT_EQ(hear(session)["text"], "Hello from whisper.");
}

TEST_F(ServeWhisper, ThatDiesIsSaidAndComesBack) {
  start_listening();
  ASSERT_TRUE(wait_until_it_listens()) << said();
  const int before = whisper_pid();
  TestSession session(port_);
  wish("die");
  const Json heard = hear(session);
  EXPECT_EQ(heard["error"], "stt_unavailable");
  EXPECT_TRUE(contains(heard["message"].get<std::string>(), "whisper-server")) << heard;
  EXPECT_EQ(heard["text"], "");
  wish("");
  ASSERT_TRUE(wait_for([&] { return whisper_pid() != 0 && whisper_pid() != before; })) << said();
  ASSERT_TRUE(wait_until_it_listens()) << said();
  EXPECT_EQ(metric("tokcast_recogniser_starts"), 2);
  EXPECT_EQ(hear(session)["text"], "Hello from whisper.");
  EXPECT_TRUE(contains(said(), "was killed by signal 9")) << said();
}

TEST_F(ServeWhisper, ThatAnswersNonsenseIsAnErrorAndNotWords) {
  start_listening();
  ASSERT_TRUE(wait_until_it_listens()) << said();
  TestSession session(port_);
  for (const char* what : {"refuse", "garbage", "endless"}) {
    wish(what);
    const Json heard = hear(session);
    EXPECT_EQ(heard["text"], "") << what;
    EXPECT_TRUE(heard["error"].is_string()) << what << heard;
  }
  wish("remark");
  EXPECT_EQ(hear(session)["text"], "");
  wish("");
  EXPECT_EQ(hear(session)["text"], "Hello from whisper.");
  EXPECT_EQ(ask(port_, "GET", "/healthz").status, 200);
}

TEST_F(ServeWhisper, ThatHangsIsGivenUpAndHoldsNothingElseUp) {
  start_listening();
  ASSERT_TRUE(wait_until_it_listens()) << said();
  wish("hang");
  TestSession session(port_);
  session.tell({{"type", "set_mode"}, {"mode", "stt"}});
  session.send_sound(session.voice_of("hello how are you today") + std::string(32'000, '\0'));
  EXPECT_EQ(ask(port_, "POST", "/v1/chat/completions", chat_body("say 1 0", false)).status, 200);
  const Json heard = session.next_final();
  EXPECT_TRUE(contains(heard["error"].get<std::string>(), "took too long")) << heard;
}

TEST_F(ServeWhisper, ThatStandsStillIsUnavailable) {
  start_listening();
  ASSERT_TRUE(wait_until_it_listens()) << said();
  ASSERT_EQ(kill(whisper_pid(), SIGSTOP), 0);
  ASSERT_TRUE(wait_for([&] { return capabilities()["capabilities"]["whisper_cpp"] == false; })) << said();
  TestSession session(port_);
  const Json heard = hear(session);
  EXPECT_EQ(heard["error"], "stt_unavailable");
  EXPECT_EQ(heard["message"], "whisper-server does not answer");
}

TEST_F(ServeWhisper, ThatCannotStartIsExplained) {
  start_listening({{"FAKE_WHISPER_FAIL", "error: no such tensor"}});
  ASSERT_TRUE(wait_for([&] { return contains(said(), "error: no such tensor"); })) << said();
  TestSession session(port_);
  session.tell({{"type", "status"}});
  const Json status = session.next("status_response");
  EXPECT_EQ(status["models"]["stt"]["loaded"], false);
  EXPECT_TRUE(status["config"]["startup_errors"]["stt"].is_string()) << status;
}

TEST_F(ServeWhisper, DiesWithTheServerHoweverThatDies) {
  start_listening();
  ASSERT_TRUE(wait_until_it_listens()) << said();
  const int pid = whisper_pid();
  ASSERT_GT(pid, 0);
  kill(server_->pid(), SIGKILL);
  wait_for_end();
  EXPECT_TRUE(wait_for([&] { return kill(pid, 0) != 0; }));
}

TEST_F(ServeWhisper, LeavesNoChildBehindAtTheEnd) {
  start_listening();
  ASSERT_TRUE(wait_until_it_listens()) << said();
  const int pid = whisper_pid();
  kill(server_->pid(), SIGTERM);
  EXPECT_EQ(wait_for_end().exit_code, 0);
  EXPECT_NE(kill(pid, 0), 0);
}

TEST_F(ServeWhisper, ThatIsMissingEndsTheCommandWithWhatToDo) {
  const auto serve = [&](std::vector<std::string> more) {
    std::vector<std::string> arguments{"serve", "--port", "0", model_};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return tokcast(arguments);
  };
  const ChildResult program =
      serve({"--whisper", "/nowhere/whisper-server", "--whisper-model", home_ / "ggml-ears.en.bin"});
  EXPECT_EQ(program.exit_code, 33);
  EXPECT_TRUE(contains(program.standard_error, "--whisper")) << program.standard_error;
  const ChildResult model =
      serve({"--whisper", TOKCAST_FAKE_WHISPER_SERVER, "--whisper-model", "/nowhere.bin"});
  EXPECT_EQ(model.exit_code, 33);
  EXPECT_TRUE(contains(model.standard_error, "ggml-base.en.bin")) << model.standard_error;
  EXPECT_EQ(serve({"--whisper", TOKCAST_FAKE_WHISPER_SERVER}).exit_code, 2);
}

}  // namespace
}  // namespace tokcast

// The real executable and models that are elsewhere.
#include <gtest/gtest.h>

#include <string>

#include "cli_test_util.h"
#include "fetch/test_model_test_util.h"
#include "fetch/test_server_test_util.h"

namespace tokcast {
namespace {

class RemoteCli : public Cli {
 protected:
  RemoteCli() {
    set("HF_ENDPOINT", hub_.endpoint());
    for (const char* variable :
         {"MODEL_ENDPOINT", "HF_TOKEN", "HF_TOKEN_PATH", "HF_HOME", "HF_HUB_OFFLINE"}) {
      set(variable, "");
    }
    hub_.add("user/small-GGUF", "small-Q4_K_M.gguf", test_model(kSmall, "Q4_K_M", {1000, 2000}),
             std::string(64, '4'));
  }

  TestHub hub_{};
};

TEST_F(RemoteCli, ForecastsAndRehearsesAModelOfTheHubByItsHeader) {
  const ChildResult unknown = tokcast({"forecast", "user/small-GGUF:Q4_K_M", "--evidence", "rehearsed"});
  EXPECT_EQ(unknown.exit_code, 1);
  EXPECT_TRUE(contains(unknown.standard_error, "tokcast rehearse user/small-GGUF:Q4_K_M"))
      << unknown.standard_error;
  const Json rehearsed = parsed(tokcast({"rehearse", "user/small-GGUF:Q4_K_M", "--json"}));
  EXPECT_EQ(rehearsed["forecast"]["model"]["id"], "small-Q4_K_M");
  const Json forecast = parsed(tokcast({"forecast", "user/small-GGUF", "--json"}));
  EXPECT_EQ(forecast["evidence"], "rehearsed");
  EXPECT_LT(hub_.body_bytes(), 3U << 20U);
}

TEST_F(RemoteCli, ShowsARemoteModelAndRecommendsItByTheNameThatWasTyped) {
  const Json shape = parsed(tokcast({"models", "show", "hf://user/small-GGUF/small-Q4_K_M.gguf", "--json"}));
  EXPECT_EQ(shape["layers"], 30);
  const ChildResult advice = tokcast({"recommend", "--model", "user/small-GGUF", "--effort", "5"});
  EXPECT_TRUE(contains(advice.standard_output, "user/small-GGUF")) << advice.standard_output;
}

TEST_F(RemoteCli, Case36AnswersFromWhatIsStoredWhenOffline) {
  EXPECT_EQ(tokcast({"models", "show", "user/small-GGUF"}).exit_code, 0);
  hub_.hub().forget_requests();
  set("HF_HUB_OFFLINE", "1");
  EXPECT_EQ(tokcast({"models", "show", "user/small-GGUF"}).exit_code, 0);
  const ChildResult other = tokcast({"models", "show", "user/other"});
  EXPECT_EQ(other.exit_code, 33);
  EXPECT_TRUE(contains(other.standard_error, "HF_HUB_OFFLINE")) << other.standard_error;
  EXPECT_TRUE(hub_.hub().requests().empty());
}

TEST_F(RemoteCli, TellsWhyAModelCannotBeHad) {
  const ChildResult missing = tokcast({"forecast", "user/nothing"});
  EXPECT_EQ(missing.exit_code, 33);
  EXPECT_TRUE(contains(missing.standard_error, "no repository user/nothing")) << missing.standard_error;
  hub_.gate("user/small-GGUF");
  const ChildResult gated = tokcast({"forecast", "user/small-GGUF"});
  EXPECT_EQ(gated.exit_code, 1);
  EXPECT_TRUE(contains(gated.standard_error, "HF_TOKEN")) << gated.standard_error;
  EXPECT_EQ(tokcast({"forecast", "user/../etc"}).exit_code, 2);
}

// The hub says nothing for 60 s and a stall is given up after 30: only the signal can end it with its own
// status.
TEST_F(RemoteCli, Case25EndsAtAnInterruptWhileTheHubIsSilent) {
  hub_.hub().misbehave(TestHub::tree_path("user/small-GGUF", "main"), {.delay = Seconds(60)});
  const std::string script = "\"$0\" models show user/small-GGUF & sleep 1; kill -TERM $!; wait $!";
  EXPECT_EQ(run({"/bin/sh", "-c", script, TOKCAST_BINARY}).exit_code, 143);
}

}  // namespace
}  // namespace tokcast

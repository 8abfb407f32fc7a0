// `tokcast bench` and `tokcast promises`, end to end.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>

#include <filesystem>

#include "cli_test_util.h"
#include "engine/fake_turns_test_util.h"
#include "model/catalogue.h"
#include "model/gguf_writer.h"
#include "schema.h"

namespace tokcast {
namespace {

class BenchCli : public Cli {
 protected:
  // With a rehearsal, so that what is promised is of the fake engine and not of the machine that tests it.
  BenchCli() {
    set("XDG_STATE_HOME", home_ / "state");
    use({});
    EXPECT_EQ(tokcast({"rehearse", kSmall}).exit_code, 0);
  }

  // An engine that knows turns.
  void use(FakeEngine fake) {
    fake.help = help_;
    if (fake.misbehave.empty()) fake.misbehave = kTurnsAndSlowDays;
    use_engine(fake);
  }

  // A header without weights: all that the fake engine needs.
  std::string model(const std::string& name = "small.gguf", const char* id = kSmall) {
    GgufHeader header = *expand(*find_catalogue_row(id), "Q4_K_M");
    EXPECT_TRUE(lay_out_tensors(header));
    return write_text(home_ / name, *encode_gguf_header(header));
  }

  ChildResult bench(std::vector<std::string> more = {}) {
    std::vector<std::string> arguments{"bench", model(), "--effort", "0.1"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return tokcast(arguments);
  }

  std::string ledger() const { return home_ / "state/tokcast/ledger.db"; }

  const std::string help_ = help_with_turns();
};

TEST_F(BenchCli, MeasuresAFileAgainstTheForecastAndKeepsBoth) {
  const ChildResult result = bench({"--json"});
  EXPECT_EQ(result.exit_code, 0) << result.standard_error;
  EXPECT_EQ(schema_findings("bench", result.standard_output), "");
  const Json document = parsed(result);
  EXPECT_FALSE(document["promised_before"]);
  EXPECT_EQ(document["verdict"], "keeps");
  EXPECT_GE(document["turns"], 2);
  EXPECT_GT(document["measured"]["turn_seconds"]["median"], 0);
  EXPECT_FALSE(document["actual"]["samples"].empty());
  const ChildResult listed = tokcast({"promises", "--json"});
  EXPECT_EQ(schema_findings("promises", listed.standard_output), "");
  EXPECT_EQ(parsed(listed)["promises"][0]["outcome"]["actuals"], 1);
  const ChildResult shown = tokcast({"promises", "show", "1", "--json"});
  EXPECT_EQ(schema_findings("promise", shown.standard_output), "");
  EXPECT_EQ(parsed(shown)["actuals"][0]["samples"], document["actual"]["samples"]);
}

TEST_F(BenchCli, SpeaksToPeopleWithin80Columns) {
  for (const auto& result : {bench(), tokcast({"promises"}), tokcast({"promises", "show", "1"})}) {
    EXPECT_LE(widest_line(result.standard_output), 80) << result.standard_output;
    EXPECT_EQ(result.standard_output.find('\x1b'), std::string::npos);
  }
  EXPECT_TRUE(contains(bench().standard_output, "keeps its budget"));
}

TEST_F(BenchCli, HoldsASecondRunToTheFirstOnesPromise) {
  bench();
  const Json again = parsed(bench({"--json"}));
  EXPECT_TRUE(again["promised_before"]);
  EXPECT_EQ(again["promise"]["id"], 1);
  EXPECT_EQ(again["actual"]["id"], 2);
}

TEST_F(BenchCli, MakesForecastsOfThatFileMeasured) {
  const std::string file = model();
  bench();
  const Json forecast = parsed(tokcast({"forecast", file, "--prompt", "64", "--reply", "10", "--json"}));
  EXPECT_EQ(forecast["evidence"], "measured");
  EXPECT_EQ(parsed(tokcast({"forecast", file, "--json", "--evidence", "looked-up"}))["evidence"],
            "looked-up");
}

TEST_F(BenchCli, TakesTheTurnOfThePromiseUnlessOneIsNamed) {
  const std::string file = model();
  EXPECT_EQ(tokcast({"rehearse", file}).exit_code, 0);
  EXPECT_EQ(tokcast({"promises", "accept", file, "--reply", "50", "--budget", "33"}).exit_code, 0);
  const Json promised = parsed(bench({"--json"}));
  EXPECT_EQ(promised["promise"]["workload"]["reply_tokens"], 50);
  EXPECT_EQ(promised["promise"]["accepted_by"], "user");
  EXPECT_EQ(promised["promise"]["evidence"], "rehearsed");
  const Json named = parsed(bench({"--json", "--reply", "20"}));
  EXPECT_EQ(named["promise"]["workload"]["reply_tokens"], 20);
  EXPECT_EQ(named["promise"]["accepted_by"], "bench");
}

TEST_F(BenchCli, ExitsWithTheVerdictOfWhatItMeasured) {
  EXPECT_EQ(bench({"--budget", "0.001"}).exit_code, 21);
  EXPECT_EQ(tokcast({"promises"}).exit_code, 21);
  EXPECT_EQ(bench({"--budget", "1000"}).exit_code, 0);
}

TEST_F(BenchCli, RunsSeveralSessionsAtOnceWhereTheEngineCan) {
  const ChildResult cannot = bench({"--concurrency", "4"});
  EXPECT_EQ(cannot.exit_code, 33);
  EXPECT_TRUE(contains(cannot.standard_error, "llama-batched-bench"));
  write_script(home_ / "engine/llama-batched-bench",
               R"(echo '{"pp": 128, "tg": 29, "pl": 4, "t_pp": 2.0, "t_tg": 4.0}')");
  const ChildResult can = bench({"--concurrency", "4", "--json"});
  EXPECT_EQ(can.exit_code, 0) << can.standard_error;
  EXPECT_EQ(schema_findings("bench", can.standard_output), "");
  EXPECT_EQ(parsed(can)["together"]["samples"][0]["decode_seconds"], 4.0);
  // Kept, and not held against the promise of one session.
  EXPECT_EQ(parsed(tokcast({"promises", "--json"}))["promises"][0]["outcome"]["compared"], 1);
}

TEST_F(BenchCli, SaysWhatIsNotHereAndHowToGetIt) {
  EXPECT_EQ(tokcast({"bench", "missing.gguf"}).exit_code, 33);
  const ChildResult remote = tokcast({"bench", "user/repo"});
  EXPECT_EQ(remote.exit_code, 33);
  EXPECT_TRUE(contains(remote.standard_error, "tokcast pull user/repo"));
  EXPECT_EQ(tokcast({"bench", kSmall}).exit_code, 33);
  EXPECT_EQ(tokcast({"bench", write_text(home_ / "text.gguf", "no model")}).exit_code, 34);
  EXPECT_FALSE(std::filesystem::exists(ledger()));
}

TEST_F(BenchCli, BenchesWhatWasPulledByItsName) {
  const std::string snapshot = home_ / ".cache/huggingface/hub/models--user--repo";
  const std::string hash(64, 'a');
  const std::string commit(40, 'b');
  std::filesystem::create_directories(snapshot + "/blobs");
  std::filesystem::create_directories(snapshot + "/snapshots/" + commit);
  std::filesystem::rename(model(), snapshot + "/blobs/" + hash);
  std::filesystem::create_symlink("../../blobs/" + hash,
                                  snapshot + "/snapshots/" + commit + "/m-Q4_K_M.gguf");
  write_text(snapshot + "/refs/main", commit);
  const ChildResult result = tokcast({"bench", "user/repo:Q4_K_M", "--effort", "0.1", "--json"});
  EXPECT_EQ(result.exit_code, 0) << result.standard_error;
  EXPECT_TRUE(contains(parsed(result)["path"], "snapshots"));
}

// A model of the catalogue, pulled by whatever name.
TEST_F(BenchCli, BenchesWhatACacheHasByItsCatalogueId) {
  std::filesystem::create_directories(home_ / ".cache/llama.cpp");
  std::filesystem::rename(model(), home_ / ".cache/llama.cpp/SmolLM2-135M-Instruct-Q4_K_M.gguf");
  std::filesystem::resize_file(home_ / ".cache/llama.cpp/SmolLM2-135M-Instruct-Q4_K_M.gguf", 200'000'000);
  for (const std::string id : {kSmall, "SmolLM2-135M-Instruct:Q4_K_M"}) {
    const ChildResult result = tokcast({"bench", id, "--effort", "0.1", "--json"});
    EXPECT_EQ(result.exit_code, 0) << result.standard_error;
    EXPECT_TRUE(contains(parsed(result)["path"], ".cache/llama.cpp/"));
  }
  const ChildResult other = tokcast({"bench", std::string(kSmall) + ":Q8_0"});
  EXPECT_EQ(other.exit_code, 33);
  EXPECT_TRUE(contains(other.standard_error, "tokcast pull")) << other.standard_error;
  const ChildResult unknown = tokcast({"bench", "smollm3-135m-instruct"});
  EXPECT_EQ(unknown.exit_code, 33);
  EXPECT_TRUE(contains(unknown.standard_error, "did you mean")) << unknown.standard_error;
}

TEST_F(BenchCli, NoticesThatTheFileOfAPromiseChangedOrIsGone) {
  const auto listed = [this] {
    const ChildResult result = tokcast({"promises", "--json"});
    EXPECT_EQ(schema_findings("promises", result.standard_output), "");
    return parsed(result)["promises"][0];
  };
  bench();
  EXPECT_EQ(listed()["file"], "same");
  EXPECT_EQ(listed()["promise"]["model"]["file_path"], home_ / "small.gguf");
  EXPECT_EQ(listed()["promise"]["model"]["file_sha256"].get<std::string>().size(), 64U);
  write_text(home_ / "small.gguf", "something else");
  EXPECT_EQ(listed()["file"], "changed");
  EXPECT_TRUE(contains(tokcast({"promises"}).standard_output, "has another content now"));
  std::filesystem::remove(home_ / "small.gguf");
  EXPECT_EQ(listed()["file"], "gone");
  EXPECT_TRUE(contains(tokcast({"promises", "show", "1"}).standard_output, "is gone"));
}

TEST_F(BenchCli, IsTheOnlyEvidenceOfARecommendationThatAsksForWhatWasMeasured) {
  const std::string file = model();
  bench();
  const ChildResult result = tokcast({"recommend", "--model", file, "--model", kSmall + std::string(":Q8_0"),
                                      "--evidence", "measured", "--json"});
  EXPECT_EQ(result.exit_code, 0) << result.standard_error;
  EXPECT_EQ(schema_findings("recommend", result.standard_output), "");
  const Json document = parsed(result);
  EXPECT_EQ(document["measured"], 1);
  EXPECT_EQ(document["rehearsed"], 0);
  EXPECT_EQ(document["forecasts"][0]["evidence"], "measured");
}

TEST_F(BenchCli, SaysBeforeItMeasuresThatNothingCouldBeKept) {
  set("XDG_STATE_HOME", write_text(home_ / "a-file", "x"));
  const std::size_t before = measurements();
  const ChildResult result = bench();
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_TRUE(contains(result.standard_error, "XDG_STATE_HOME")) << result.standard_error;
  EXPECT_EQ(measurements(), before);
}

TEST_F(BenchCli, SetsADamagedLedgerAsideAndSaysSo) {
  write_text(ledger(), std::string(5000, 'x'));
  const ChildResult listed = tokcast({"promises"});
  EXPECT_EQ(listed.exit_code, 34);
  EXPECT_TRUE(contains(listed.standard_error, "sets it aside")) << listed.standard_error;
  // A forecast does without, and says so.
  const ChildResult forecast = tokcast({"forecast", kSmall});
  EXPECT_EQ(forecast.exit_code, 0);
  EXPECT_TRUE(contains(forecast.standard_error, "ledger")) << forecast.standard_error;
  const ChildResult measured = bench();
  EXPECT_EQ(measured.exit_code, 0);
  EXPECT_TRUE(contains(measured.standard_error, "set aside as"));
  const ChildResult kept = tokcast({"promises"});
  EXPECT_EQ(kept.exit_code, 0) << kept.standard_output << measured.standard_output;
}

TEST_F(BenchCli, KeepsThePromiseWhenTheEngineFails) {
  bench();
  use({.misbehave = "echo 'error loading model: odd' >&2; exit 1"});
  const ChildResult failed = bench();
  EXPECT_EQ(failed.exit_code, 1);
  EXPECT_TRUE(contains(failed.standard_error, "odd"));
  EXPECT_EQ(parsed(tokcast({"promises", "--json"}))["promises"][0]["outcome"]["actuals"], 1);
}

TEST_F(BenchCli, NoticesThatTheEngineChangedAndWhatThatCost) {
  bench();
  bench();
  use({.speed = {.decode_ns_per_byte = 0.2}, .version = "version: 0.8.0 (build 12000, commit fake)"});
  bench();
  bench();
  const ChildResult listed = tokcast({"promises"});
  EXPECT_TRUE(contains(listed.standard_output, "slower after the engine changed")) << listed.standard_output;
}

TEST_F(BenchCli, TakesTurnsOfOtherPrograms) {
  EXPECT_EQ(tokcast({"promises", "add", "--model", "small", "--turn-seconds", "1"}).exit_code, 33);
  const Json first = parsed(bench({"--json"}));
  const std::string id = first["model"]["id"];
  const std::string quick = std::to_string(first["measured"]["turn_seconds"]["median"].get<double>());
  EXPECT_EQ(tokcast({"promises", "add", "--model", id, "--turn-seconds", quick}).exit_code, 0);
  const ChildResult slow = tokcast({"promises", "add", "--promise", "1", "--turn-seconds", "500"});
  EXPECT_EQ(slow.exit_code, 0) << slow.standard_output;  // one of three: the median still keeps
  EXPECT_EQ(tokcast({"promises", "add", "--promise", "1", "--turn-seconds", "500"}).exit_code, 21);
  EXPECT_EQ(tokcast({"promises", "add", "--promise", "1"}).exit_code, 2);
  EXPECT_EQ(tokcast({"promises", "add", "--turn-seconds", "1"}).exit_code, 2);
  EXPECT_EQ(tokcast({"promises", "add", "--promise", "9", "--turn-seconds", "1"}).exit_code, 33);
  EXPECT_EQ(tokcast({"promises", "add", "--promise", "1", "--turn-seconds", "-1"}).exit_code, 2);
}

TEST_F(BenchCli, ListsNothingWithoutALedgerAndMakesNone) {
  const ChildResult result = tokcast({"promises"});
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_TRUE(contains(result.standard_output, "Nothing was promised yet"));
  const ChildResult document = tokcast({"promises", "--json"});
  EXPECT_EQ(schema_findings("promises", document.standard_output), "");
  EXPECT_EQ(tokcast({"promises", "show", "1"}).exit_code, 33);
  EXPECT_EQ(tokcast({"promises", "no-such-model"}).exit_code, 33);
  EXPECT_FALSE(std::filesystem::exists(ledger()));
}

TEST_F(BenchCli, PlotsInBlocksOrInPlainAscii) {
  bench();
  set("LC_ALL", "C");
  const std::string plain = tokcast({"promises", "--plot"}).standard_output;
  EXPECT_TRUE(contains(plain, "o actual")) << plain;
  EXPECT_TRUE(std::ranges::all_of(plain, [](unsigned char c) { return c < 128; }));
  set("LC_ALL", "C.UTF-8");
  EXPECT_TRUE(contains(tokcast({"promises", "--plot"}).standard_output, "●"));
}

// Three models that are all slower than forecast teach the forecast of a fourth.
TEST_F(BenchCli, LearnsFromWhatWasOff) {
  for (const char* id : {"smollm2-135m-instruct", "smollm2-360m-instruct", "qwen2.5-0.5b-instruct"}) {
    EXPECT_EQ(tokcast({"rehearse", id}).exit_code, 0) << id;
    EXPECT_EQ(tokcast({"promises", "accept", id}).exit_code, 0) << id;
  }
  const Json before = parsed(tokcast({"rehearse", "tinyllama-1.1b-chat", "--json"}))["forecast"];
  write_text(home_ / "engine/llama-bench.slow", "1.5");
  for (const char* id : {"smollm2-135m-instruct", "smollm2-360m-instruct", "qwen2.5-0.5b-instruct"}) {
    const std::string file = model(std::string(id) + ".gguf", id);
    EXPECT_NE(tokcast({"bench", file, "--effort", "0.1"}).exit_code, 1) << id;
  }
  const Json after = parsed(tokcast({"forecast", "tinyllama-1.1b-chat", "--json"}));
  EXPECT_TRUE(contains(after["evidence_from"], "corrected by 3 models measured here"))
      << after["evidence_from"];
  EXPECT_LT(after["decode_tokens_per_second"]["expected"].get<double>(),
            before["decode_tokens_per_second"]["expected"].get<double>());
  const ChildResult listed = tokcast({"promises"});
  EXPECT_TRUE(contains(listed.standard_output, "What that changes")) << listed.standard_output;
}

}  // namespace
}  // namespace tokcast

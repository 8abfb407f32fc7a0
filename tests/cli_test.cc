// The real executable from the outside: what users, scripts and terminals get.
#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "cli_test_util.h"
#include "schema.h"

namespace tokcast {
namespace {

// Another small one, and one that no machine of today can hold.
constexpr const char* kOther = "qwen2.5-0.5b-instruct";
constexpr const char* kHuge = "llama-3.1-405b-instruct:F32";

TEST_F(Cli, HelpsEveryCommandOnStandardOutputWithAnExample) {
  const std::vector<std::vector<std::string>> commands{{},
                                                       {"recommend"},
                                                       {"forecast"},
                                                       {"rehearse"},
                                                       {"models"},
                                                       {"engine"},
                                                       {"probe"},
                                                       {"report"},
                                                       {"completion"},
                                                       {"man"},
                                                       {"gather"},
                                                       {"models", "show"},
                                                       {"pull"},
                                                       {"bench"},
                                                       {"promises"},
                                                       {"promises", "show"},
                                                       {"promises", "add"},
                                                       {"promises", "accept"},
                                                       {"setup"},
                                                       {"registry"},
                                                       {"registry", "check"},
                                                       {"registry", "make"}};
  for (std::vector<std::string> command : commands) {
    command.emplace_back("--help");
    const ChildResult result = tokcast(command);
    EXPECT_EQ(result.exit_code, 0) << command[0];
    EXPECT_EQ(result.standard_error, "");
    EXPECT_TRUE(contains(result.standard_output, "Example")) << command[0];
    EXPECT_LE(widest_line(result.standard_output), 80) << result.standard_output;
  }
  EXPECT_EQ(tokcast({"help", "forecast"}).standard_output, tokcast({"forecast", "--help"}).standard_output);
}

TEST_F(Cli, TellsItsVersionInWordsAndAsJson) {
  EXPECT_TRUE(contains(tokcast({"--version"}).standard_output, "tokcast "));
  EXPECT_EQ(parsed(tokcast({"--version", "--json"}))["schema"], "tokcast.version/1");
}

TEST_F(Cli, SuggestsTheCommandOrOptionThatWasMeant) {
  const ChildResult command = tokcast({"forcast", kSmall});
  EXPECT_EQ(command.exit_code, 2);
  EXPECT_EQ(command.standard_output, "");
  EXPECT_TRUE(contains(command.standard_error, "Did you mean `tokcast forecast`?")) << command.standard_error;
  const ChildResult option = tokcast({"forecast", kSmall, "--promt=5"});
  EXPECT_EQ(option.exit_code, 2);
  EXPECT_TRUE(contains(option.standard_error, "Did you mean --prompt?")) << option.standard_error;
}

TEST_F(Cli, TakesOneCommandOnly) {
  const ChildResult result = tokcast({"models", "recommend"});
  EXPECT_EQ(result.exit_code, 33);  // a word, not a second command
  EXPECT_EQ(tokcast({"forecast", kSmall, "engine"}).exit_code, 33);
}

TEST_F(Cli, RefusesNumbersAndTurnsThatMakeNoSense) {
  const std::vector<std::vector<std::string>> wrong{
      {"--prompt", "-5"},  {"--prompt", "five"}, {"--prompt", "99999999999999999999"},
      {"--reply", "1.5"},  {"--threads", "0"},   {"--budget", "0"},
      {"--budget", "nan"}, {"--cached", "500"},  {"--prompt", "0", "--reply", "0"},
      {"--ctx", "100"},    {"--budget"},         {"extra", "--ctx", "1"}};
  for (std::vector<std::string> arguments : wrong) {
    arguments.insert(arguments.begin(), {"forecast", kSmall});
    const ChildResult result = tokcast(arguments);
    EXPECT_EQ(result.exit_code, 2) << result.standard_error;
    EXPECT_EQ(result.standard_output, "") << arguments[2];
    EXPECT_TRUE(result.standard_error.starts_with("tokcast: ")) << result.standard_error;
  }
}

TEST_F(Cli, MapsErrorsToTheirExitCodes) {
  EXPECT_EQ(tokcast({"forecast", "no-such-model-at-all"}).exit_code, 33);
  EXPECT_EQ(tokcast({"forecast", "missing.gguf"}).exit_code, 33);
  EXPECT_EQ(tokcast({"forecast", write_text(home_ / "text.gguf", "no model")}).exit_code, 34);
  EXPECT_EQ(tokcast({"forecast", kSmall, "--sessions", "257"}).exit_code, 2);
  EXPECT_EQ(tokcast({"rehearse", kHuge}).exit_code, 22);
}

TEST_F(Cli, ForecastsMemoryOfAModelThatWasNotRehearsedAndSaysHowToKnowMore) {
  const ChildResult result = tokcast({"forecast", kSmall, "--evidence", "rehearsed", "--json"});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_EQ(schema_findings("forecast", result.standard_output), "");
  EXPECT_EQ(parsed(result)["verdict"], "unknown");
  EXPECT_TRUE(contains(result.standard_error, std::string("Run `tokcast rehearse ") + kSmall + "`"))
      << result.standard_error;
  EXPECT_EQ(measurements(), 0);
}

TEST_F(Cli, ForecastsMemoryWithoutAnyEngine) {
  std::filesystem::remove_all(home_ / "engine");
  set("TOKCAST_ENGINE", "");
  set("PATH", "/nowhere");
  const ChildResult result = tokcast({"forecast", kHuge, "--json"});
  EXPECT_EQ(result.exit_code, 22);
  EXPECT_EQ(schema_findings("forecast", result.standard_output), "");
  const ChildResult rehearsed = tokcast({"forecast", kSmall, "--evidence", "rehearsed", "--json"});
  EXPECT_TRUE(contains(parsed(rehearsed)["reasons"].dump(), "tokcast engine install"));
  EXPECT_EQ(tokcast({"rehearse", kSmall}).exit_code, 33);
}

TEST_F(Cli, RehearsesOnceAndForecastsFromItEverAfter) {
  const ChildResult rehearsed = tokcast({"rehearse", kSmall, "--effort", "1", "--json"});
  EXPECT_EQ(rehearsed.exit_code, 0) << rehearsed.standard_error;
  EXPECT_EQ(schema_findings("rehearse", rehearsed.standard_output), "");
  const std::size_t measured = measurements();
  EXPECT_GT(measured, 0);
  const ChildResult forecast = tokcast({"forecast", kSmall, "--json"});
  EXPECT_EQ(forecast.exit_code, 0) << forecast.standard_error;
  EXPECT_EQ(schema_findings("forecast", forecast.standard_output), "");
  EXPECT_EQ(parsed(forecast)["evidence"], "rehearsed");
  EXPECT_EQ(parsed(forecast)["turn_seconds"], parsed(rehearsed)["forecast"]["turn_seconds"]);
  EXPECT_EQ(measurements(), measured);
  tokcast({"rehearse", kSmall, "--effort", "1"});
  EXPECT_EQ(measurements(), measured);
  tokcast({"rehearse", kSmall, "--effort", "1", "--fresh"});
  EXPECT_GT(measurements(), measured);
}

TEST_F(Cli, ForecastsFromNamesAloneWhereNothingWasMeasured) {
  const ChildResult result = tokcast({"forecast", kSmall, "--json"});
  EXPECT_EQ(schema_findings("forecast", result.standard_output), "");
  EXPECT_EQ(parsed(result)["evidence"], "looked-up") << result.standard_output;
  EXPECT_EQ(measurements(), 0);
}

TEST_F(Cli, CalibratesOnceAndForecastsEveryModelFromIt) {
  const ChildResult calibrated = tokcast({"calibrate", "--types", "Q4_K,Q6_K,Q5_0,Q8_0,F16", "--json"});
  EXPECT_EQ(calibrated.exit_code, 0) << calibrated.standard_error;
  EXPECT_EQ(schema_findings("calibrate", calibrated.standard_output), "");
  const std::size_t measured = measurements();
  EXPECT_GT(measured, 0);
  for (const char* model : {kSmall, kOther}) {
    const ChildResult forecast = tokcast({"forecast", model, "--json"});
    EXPECT_EQ(parsed(forecast)["evidence"], "calibrated") << forecast.standard_output;
  }
  EXPECT_EQ(parsed(tokcast({"forecast", kSmall, "--evidence", "looked-up", "--json"}))["evidence"],
            "looked-up");
  tokcast({"calibrate", "--types", "Q4_K"});
  EXPECT_EQ(measurements(), measured) << "what is known is not measured again";
  EXPECT_EQ(tokcast({"calibrate", "--types", "Q9_Z"}).exit_code, 2);
}

TEST_F(Cli, PromisesNothingOnABusyMachineAndRehearsesAnewWhenItIsQuiet) {
  set("TOKCAST_OTHERS_SHARE", "0.9");
  const auto busy = tokcast({"rehearse", kSmall, "--json"});
  EXPECT_EQ(busy.exit_code, 1) << busy.standard_error;
  const Json document = parsed(busy)["forecast"];
  EXPECT_EQ(document["verdict"], "unknown");
  EXPECT_EQ(document["too_busy"], true);
  EXPECT_GT(document["taken_by_others_share"].get<double>(), 0.1);
  EXPECT_TRUE(contains(document["reasons"][0].get<std::string>(), "too busy"));
  EXPECT_FALSE(document["turn_seconds"].is_null()) << "what was measured is shown all the same";
  const auto words = tokcast({"forecast", kSmall});
  EXPECT_EQ(words.exit_code, 1);
  EXPECT_TRUE(contains(words.standard_output, "too busy to promise anything")) << words.standard_output;
  EXPECT_LE(widest_line(words.standard_output), 80U);

  set("TOKCAST_OTHERS_SHARE", "0");
  const auto before = measurements();
  const auto quiet = tokcast({"rehearse", kSmall, "--json"});
  EXPECT_EQ(quiet.exit_code, 0) << quiet.standard_error;
  EXPECT_GT(measurements(), before);
  EXPECT_EQ(parsed(quiet)["forecast"]["too_busy"], false);
}

TEST_F(Cli, AnotherEngineBuildAsksForACalibrationOfItsOwn) {
  tokcast({"calibrate", "--types", "Q8_0"});
  constexpr const char* kModel = "smollm2-135m-instruct:Q8_0";
  EXPECT_EQ(parsed(tokcast({"forecast", kModel, "--json"}))["evidence"], "calibrated");
  use_engine({.version = "version: 0.7.1 (build 11700, commit fake)"});
  const Json other = parsed(tokcast({"forecast", kModel, "--json"}));
  EXPECT_NE(other["evidence"], "calibrated");
  EXPECT_TRUE(contains(other["evidence_from"].get<std::string>(), "Run `tokcast calibrate`")) << other;
  EXPECT_TRUE(
      contains(parsed(tokcast({"forecast", kModel, "--evidence", "calibrated", "--json"}))["reasons"].dump(),
               "tokcast calibrate"));
}

TEST_F(Cli, MeasuresATypeWhenItIsFirstNeeded) {
  tokcast({"calibrate", "--types", "Q8_0"});
  const Json before = parsed(tokcast({"forecast", "smollm2-135m-instruct:Q5_0", "--json"}));
  EXPECT_NE(before["evidence"], "calibrated");
  EXPECT_TRUE(contains(before["evidence_from"].get<std::string>(), "tokcast calibrate --types Q5_0"))
      << before;
  tokcast({"recommend", "--model", "smollm2-135m-instruct:Q5_0", "--effort", "5"});
  const Json after =
      parsed(tokcast({"forecast", "smollm2-135m-instruct:Q5_0", "--evidence", "calibrated", "--json"}));
  EXPECT_EQ(after["evidence"], "calibrated") << after;
}

TEST_F(Cli, TriesThreadCountsAndUsesTheBest) {
  const ChildResult calibrated = tokcast({"calibrate", "--types", "Q8_0", "--json"});
  const Json document = parsed(calibrated);
  EXPECT_EQ(schema_findings("calibrate", calibrated.standard_output), "");
  ASSERT_FALSE(document["best_threads"].is_null());
  EXPECT_EQ(document["rates"]["threads"], document["best_threads"]);
  const Json forecast = parsed(tokcast({"forecast", "smollm2-135m-instruct:Q8_0", "--json"}));
  EXPECT_EQ(forecast["workload"]["threads"], document["best_threads"]);
  const auto before = measurements();
  const auto again = tokcast({"calibrate", "--types", "Q8_0"});
  EXPECT_EQ(measurements(), before) << "what was tried is kept";
  EXPECT_TRUE(contains(again.standard_output, "Best with ")) << again.standard_output;
  EXPECT_LE(widest_line(again.standard_output), 80U) << again.standard_output;
}

TEST_F(Cli, RecommendsFromOneRungOnlyIfAsked) {
  const auto result =
      tokcast({"recommend", "--model", kSmall, "--model", kOther, "--evidence", "looked-up", "--json"});
  const Json document = parsed(result);
  EXPECT_EQ(schema_findings("recommend", result.standard_output), "");
  for (const Json& one : document["forecasts"]) EXPECT_EQ(one["evidence"], "looked-up");
  EXPECT_EQ(measurements(), 0U);
  EXPECT_EQ(tokcast({"recommend", "--evidence", "hearsay"}).exit_code, 2);
}

TEST_F(Cli, CalibratesAnewWhatWasCalibratedOnABusyMachine) {
  set("TOKCAST_OTHERS_SHARE", "0.9");
  const auto busy = tokcast({"calibrate", "--types", "Q8_0"});
  EXPECT_TRUE(contains(busy.standard_output, "Other programs had ")) << busy.standard_output;
  EXPECT_LE(widest_line(busy.standard_output), 80U) << busy.standard_output;
  EXPECT_EQ(parsed(tokcast({"forecast", "smollm2-135m-instruct:Q8_0", "--json"}))["verdict"], "unknown");
  set("TOKCAST_OTHERS_SHARE", "0");
  const auto before = measurements();
  const auto quiet = tokcast({"calibrate", "--types", "Q8_0"});
  EXPECT_GT(measurements(), before);
  EXPECT_FALSE(contains(quiet.standard_output, "Other programs had ")) << quiet.standard_output;
}

TEST_F(Cli, PutsAsManyLayersOnACardAsItHolds) {
  const ChildResult result = tokcast({"forecast", "llama-3.1-70b-instruct", "--json", "--budget", "1000",
                                      "--machine", "8c avx2 2x ddr5-5600 64GiB gpu RTX 4090"});
  EXPECT_EQ(schema_findings("forecast", result.standard_output), "");
  const Json answer = parsed(result);
  const int layers = answer["workload"]["gpu_layers"].get<int>();
  EXPECT_GT(layers, 20);
  EXPECT_LT(layers, 60);
  EXPECT_EQ(answer["memory"]["gpu_memory"]["fits"], true);
  EXPECT_EQ(answer["memory"]["main_memory"]["fits"], true);
  EXPECT_TRUE(contains(answer["evidence_from"].get<std::string>(), "on the processor"));
}

TEST_F(Cli, RefusesLayersOnAGpuThatIsNotKnown) {
  const ChildResult result = tokcast({"forecast", kSmall, "--gpu-layers", "5"});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_TRUE(contains(result.standard_error, "--gpu-layers")) << result.standard_error;
}

TEST_F(Cli, ForecastsSessionsThatAllTakeATurnAtOnce) {
  const auto with = [&](const char* sessions) {
    const ChildResult result = tokcast({"forecast", "qwen3-8b", "--json", "--sessions", sessions, "--machine",
                                        "16c avx2 4x ddr4-2133 39GiB", "--budget", "1000"});
    EXPECT_EQ(schema_findings("forecast", result.standard_output), "");
    return parsed(result);
  };
  const auto of = [](const Json& document, const char* key) {
    return document[key]["expected"].get<double>();
  };
  const Json one = with("1");
  const Json four = with("4");
  EXPECT_EQ(four["memory"]["kv_bytes"], 4 * one["memory"]["kv_bytes"].get<std::uint64_t>());
  EXPECT_LT(of(four, "decode_tokens_per_second"), of(one, "decode_tokens_per_second"));
  EXPECT_GT(of(four, "total_decode_tokens_per_second"), of(one, "decode_tokens_per_second"));
  EXPECT_GT(of(four, "first_token_seconds"), 2 * of(one, "first_token_seconds"));
}

TEST_F(Cli, EndsWithTheVerdictsExitCode) {
  tokcast({"rehearse", kSmall, "--effort", "1"});
  const Json turn = parsed(tokcast({"forecast", kSmall, "--json"}))["turn_seconds"];
  const auto code_with = [&](const char* bound, double factor) {
    const double budget = turn[bound].get<double>() * factor;
    return tokcast({"forecast", kSmall, "--budget", std::to_string(budget)}).exit_code;
  };
  EXPECT_EQ(code_with("high", 1.1), 0);
  EXPECT_EQ(code_with("expected", 1), 20);
  EXPECT_EQ(code_with("low", 0.5), 21);
  EXPECT_EQ(tokcast({"forecast", kSmall, "--ctx", "4000000"}).exit_code, 22);
}

TEST_F(Cli, ForecastsSeveralModelsInOneDocumentAndEndsWithTheWorst) {
  tokcast({"rehearse", kSmall, "--effort", "1"});
  const ChildResult result = tokcast({"forecast", kSmall, kHuge, "--json"});
  EXPECT_EQ(result.exit_code, 22);
  EXPECT_EQ(schema_findings("forecasts", result.standard_output), "");
  EXPECT_EQ(parsed(result)["forecasts"][0]["model"]["id"], kSmall);
}

TEST_F(Cli, GrowsTheContextToHoldTheTurnUnlessOneWasGiven) {
  const Json grown = parsed(tokcast({"forecast", kOther, "--prompt", "5000", "--json"}));
  EXPECT_EQ(grown["workload"]["context_tokens"], 5030);
  EXPECT_EQ(tokcast({"forecast", kOther, "--prompt", "5000", "--ctx", "2048"}).exit_code, 2);
}

TEST_F(Cli, RecommendsTheLargestModelThatKeepsItsBudget) {
  const ChildResult result = tokcast({"--model", kSmall, "--model", kOther, "--effort", "29", "--json"});
  EXPECT_EQ(result.exit_code, 0) << result.standard_error;
  EXPECT_EQ(schema_findings("recommend", result.standard_output), "");
  const Json answer = parsed(result);
  EXPECT_EQ(answer["recommended"], kOther);
  EXPECT_EQ(answer["forecasts"].size(), 2);
  EXPECT_EQ(answer["not_reached"], 0);
}

TEST_F(Cli, RecommendsInWordsFirstAndWithinTheWidth) {
  const ChildResult result = tokcast({"recommend", "--model", kSmall, "--model", "llama-3.1-405b-instruct",
                                      "--quant", "F32", "--effort", "5"});
  EXPECT_EQ(result.exit_code, 0) << result.standard_error;
  EXPECT_TRUE(result.standard_output.starts_with(std::string("Run ") + kSmall + " F32: "))
      << result.standard_output;
  EXPECT_TRUE(contains(result.standard_output, "llama-3.1-405b-instruct F32 does not fit"))
      << result.standard_output;
  EXPECT_TRUE(contains(result.standard_output, std::string("Next: tokcast forecast ") + kSmall + ":F32"))
      << result.standard_output;
  EXPECT_LE(widest_line(result.standard_output), 80) << result.standard_output;
}

TEST_F(Cli, RecommendsNothingThatBreaksItsBudget) {
  use_engine({.speed = {.overhead_ns = 1e9}});
  const ChildResult result = tokcast({"recommend", "--model", kSmall, "--effort", "5", "--json"});
  EXPECT_EQ(result.exit_code, 21) << result.standard_error;
  EXPECT_EQ(parsed(result)["recommended"], Json());
}

TEST_F(Cli, TellsProgressByTheLineWhereThereIsNoTerminal) {
  const ChildResult result = tokcast({"recommend", "--model", kSmall, "--effort", "5"});
  EXPECT_TRUE(result.standard_error.starts_with("Calibrating ")) << result.standard_error;
  EXPECT_TRUE(result.standard_error.ends_with(std::string("Rehearsing 1 of at most 1: ") + kSmall + "\n"))
      << result.standard_error;
}

TEST_F(Cli, SurvivesAnEngineThatCrashes) {
  use_engine({.misbehave = "echo 'GGML_ASSERT(fake) failed' >&2; kill -ABRT $$"});
  const ChildResult result = tokcast({"rehearse", kSmall, "--effort", "1"});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_EQ(result.standard_output, "");
  EXPECT_TRUE(contains(result.standard_error, "GGML_ASSERT(fake) failed")) << result.standard_error;
  const Json answer = parsed(tokcast({"recommend", "--model", kSmall, "--json"}));
  EXPECT_EQ(answer["forecasts"][0]["evidence"], "looked-up") << "names are still known";
  EXPECT_TRUE(contains(answer["forecasts"][0]["reasons"].dump(), "GGML_ASSERT(fake) failed"))
      << answer.dump();
}

TEST_F(Cli, StopsWhenInterruptedAndSaysSoByItsExitCode) {
  use_engine({.misbehave = "sleep 60"});
  const ChildResult result = run({"timeout", "--foreground", "--preserve-status", "--signal=INT", "3",
                                  TOKCAST_BINARY, "rehearse", kSmall});
  EXPECT_EQ(result.exit_code, 130);
  EXPECT_TRUE(contains(result.standard_error, "interrupted")) << result.standard_error;
  EXPECT_LT(result.wall, Seconds(30));
}

TEST_F(Cli, FailsWhenItsAnswerCannotBeWritten) {
  const ChildResult result = run({"sh", "-c", std::string(TOKCAST_BINARY) + " models > /dev/full"});
  EXPECT_EQ(result.exit_code, 30) << result.standard_error;
}

TEST_F(Cli, IsContentWithAReaderThatHadEnough) {
  const ChildResult result = run({"sh", "-c", std::string(TOKCAST_BINARY) + " models --json | head -c 1"});
  EXPECT_EQ(result.standard_error, "");
}

TEST_F(Cli, ColoursOnlyOnDemandWhereThereIsNoTerminal) {
  EXPECT_FALSE(contains(tokcast({"models", kSmall}).standard_output, "\x1b"));
  set("CLICOLOR_FORCE", "1");
  EXPECT_TRUE(contains(tokcast({"models", kSmall}).standard_output, "\x1b[1m"));
  set("NO_COLOR", "1");
  EXPECT_FALSE(contains(tokcast({"models", kSmall}).standard_output, "\x1b"));
}

TEST_F(Cli, ShowsNoEscapeSequencesOfAFilesName) {
  const ChildResult result = tokcast({"forecast", "evil\x1b]0;title\x07"});
  EXPECT_EQ(result.exit_code, 33);
  EXPECT_FALSE(contains(result.standard_error, "\x1b"));
}

TEST_F(Cli, ListsTheCatalogueWhollyOrByAWord) {
  const ChildResult all = tokcast({"models", "--json"});
  EXPECT_EQ(all.exit_code, 0);
  EXPECT_EQ(schema_findings("models", all.standard_output), "");
  const Json some = parsed(tokcast({"models", "SmolLM2", "--json"}));
  EXPECT_GT(some["models"].size(), 0);
  EXPECT_LT(some["models"].size(), parsed(all)["models"].size());
  EXPECT_EQ(tokcast({"models", "no-such-word"}).exit_code, 33);
}

TEST_F(Cli, ShowsTheShapeOfAModel) {
  for (const std::string model : {"llama-2-7b-chat", "gpt-oss-20b", "gemma-3-4b-it:Q8_0", "lfm2-350m"}) {
    const ChildResult result = tokcast({"models", "show", model, "--json"});
    EXPECT_EQ(result.exit_code, 0) << result.standard_error;
    EXPECT_EQ(schema_findings("model", result.standard_output), "") << model;
  }
  const std::string shown = tokcast({"models", "show", "llama-2-7b-chat"}).standard_output;
  EXPECT_TRUE(contains(shown, "6.7 B")) << shown;
  EXPECT_TRUE(contains(shown, "32 of width 4096")) << shown;
}

TEST_F(Cli, ListsEnginesAndTellsWhichIsInUse) {
  const ChildResult result = tokcast({"engine", "list", "--json"});
  EXPECT_EQ(result.exit_code, 0) << result.standard_error;
  EXPECT_EQ(schema_findings("engines", result.standard_output), "");
  const Json first = parsed(result)["engines"][0];
  EXPECT_EQ(first["source"], "environment");
  EXPECT_EQ(first["in_use"], true);
  EXPECT_TRUE(contains(tokcast({"engine", "list"}).standard_output, "in use"));
}

TEST_F(Cli, RemembersTheEngineToUse) {
  write_fake_engine(home_ / "mine/bin", {});
  set("TOKCAST_ENGINE", "");
  EXPECT_EQ(tokcast({"engine", "use", home_ / "mine"}).exit_code, 0);
  const Json first = parsed(tokcast({"engine", "list", "--json"}))["engines"][0];
  EXPECT_EQ(first["source"], "configured");
  EXPECT_EQ(first["directory"], home_ / "mine/bin");
  EXPECT_EQ(tokcast({"engine", "use", home_ / "nothing-here"}).exit_code, 33);
}

}  // namespace
}  // namespace tokcast

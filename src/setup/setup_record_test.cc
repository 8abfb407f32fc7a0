#include "setup/setup_record.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "engine/fake_engine_test_util.h"

namespace tokcast {
namespace {

SetupRecord full() {
  SetupRecord out{.key = "k", .tier = "LIGHT_CPU", .broken = {"HEAVY_CPU"}, .promise = 7};
  out.settings = ServerSettings{.use = "voice",
                                .tier = "LIGHT_CPU",
                                .model = "m:Q8_0",
                                .files = {"/llm", "/stt", "/tts"},
                                .language = "en",
                                .threads = 2,
                                .context_tokens = 2048,
                                .max_tokens = 30,
                                .gpu_layers = -1,
                                .budget = Seconds(8),
                                .turn = {Seconds(1), Seconds(2), Seconds(3)},
                                .load_high = Seconds(4),
                                .server_timeout = Seconds(5),
                                .client_timeout = Seconds(7)};
  out.measured = Interval<Seconds>{Seconds(1), Seconds(1.5), Seconds(2)};
  out.env = {{"LOCAL_LLM_THREADS", "2"}};
  return out;
}

TEST(SetupRecord, WhatIsSavedReadsTheSame) {
  const TemporaryDirectory folder;
  const std::string path = folder / "state/setup.json";
  for (const SetupRecord& record : {full(), SetupRecord{.key = "k"}}) {
    ASSERT_TRUE(save_setup_record(path, record));
    EXPECT_EQ(setup_record_to_json(read_setup_record(path)), setup_record_to_json(record));
  }
}

TEST(SetupRecord, OneThatDidNotChangeIsNotWritten) {
  const TemporaryDirectory folder;
  const std::string path = folder / "setup.json";
  ASSERT_TRUE(save_setup_record(path, full()));
  const auto time = std::filesystem::last_write_time(path);
  ASSERT_TRUE(save_setup_record(path, full()));
  EXPECT_EQ(std::filesystem::last_write_time(path), time);
}

TEST(SetupRecord, OneThatIsDamagedIsNone) {
  const TemporaryDirectory folder;
  const std::string path = folder / "setup.json";
  EXPECT_EQ(read_setup_record(path).key, "");
  for (const char* text : {"", "[]", "{", "{\"schema\": \"tokcast.setup-record/1\"}"}) {
    write_text(path, text);
    EXPECT_EQ(read_setup_record(path).key, "") << text;
  }
  const Json json = setup_record_to_json(full());
  for (const auto& [key, value] : json["settings"].items()) {
    Json broken = json;
    broken["settings"][key] = Json::array();
    EXPECT_FALSE(setup_record_from_json(broken)) << key;
  }
}

}  // namespace
}  // namespace tokcast

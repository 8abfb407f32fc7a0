#include "rehearse/store.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "base/file.h"
#include "base/temporary_directory_test_util.h"
#include "model/tiny_model_test_util.h"
#include "rehearse/rehearsal_json.h"

namespace tokcast {
namespace {

class Store : public testing::Test {
 protected:
  void SetUp() override {
    rehearsal_ = {.model = "tiny",
                  .shape_key = shape_key(shape_),
                  .engine_identity = engine_.identity,
                  .machine_identity = machine_.identity(),
                  .threads = 2};
    rehearsal_.plan = {.large = {0, 1}, .small_count = 1, .bytes = Bytes(77)};
    rehearsal_.samples.push_back(
        {RehearsalPass::kDepth, 0, true, {.generate = 8, .depth = 64}, true, {Seconds(0.25)}});
    rehearsal_.compute_bytes = Bytes(5);
    rehearsal_.contention.stolen_share = 0.125;
  }

  const TemporaryDirectory directory_;
  Shape shape_ = tiny_shape();
  Engine engine_{.identity = "engine-1"};
  Machine machine_{.name = "a machine"};
  Rehearsal rehearsal_;
};

TEST_F(Store, GivesBackWhatWasSaved) {
  const RehearsalStore store(directory_ / "new/folder");
  ASSERT_TRUE(store.save(rehearsal_));
  const auto found = store.find(shape_, engine_, machine_, 2);
  ASSERT_TRUE(found);
  EXPECT_EQ(rehearsal_to_json(*found).dump(), rehearsal_to_json(rehearsal_).dump());
}

TEST_F(Store, KnowsNothingOfAnotherEngineMachineModelOrThreadCount) {
  const RehearsalStore store(directory_.path());
  ASSERT_TRUE(store.save(rehearsal_));
  EXPECT_FALSE(store.find(shape_, {.identity = "engine-2"}, machine_, 2));
  EXPECT_FALSE(store.find(shape_, engine_, {.name = "another"}, 2));
  EXPECT_FALSE(store.find(tiny_shape("Q4_0"), engine_, machine_, 2));
  EXPECT_FALSE(store.find(shape_, engine_, machine_, 1));
}

TEST_F(Store, TreatsADamagedFileAsMissing) {
  const RehearsalStore store(directory_.path());
  ASSERT_TRUE(store.save(rehearsal_));
  const auto path = std::filesystem::directory_iterator(directory_.path())->path().string();
  const auto text = read_file(path);
  ASSERT_TRUE(text);
  for (std::size_t cut = 0; cut < text->size() - 2; cut += 37) {
    ASSERT_TRUE(write_file(path, text->substr(0, cut)));
    EXPECT_FALSE(store.find(shape_, engine_, machine_, 2)) << "cut at " << cut;
  }
}

TEST_F(Store, RefusesImpossibleValues) {
  const auto refused = [this](const char* pointer, const Json& value) {
    Json json = rehearsal_to_json(rehearsal_);
    json[Json::json_pointer(pointer)] = value;
    return !rehearsal_from_json(json);
  };
  EXPECT_TRUE(refused("/schema", "tokcast.rehearsal/9"));
  EXPECT_TRUE(refused("/plan/small_count", 0));
  EXPECT_TRUE(refused("/plan/small_count", 2));
  EXPECT_TRUE(refused("/samples/0/pass", "dance"));
  EXPECT_TRUE(refused("/samples/0/sample_seconds", Json::array()));
  EXPECT_TRUE(refused("/samples/0/sample_seconds", {-1.0}));
  EXPECT_TRUE(refused("/samples/0/prompt_tokens", 8));
  EXPECT_TRUE(refused("/threads", "two"));
}

}  // namespace
}  // namespace tokcast

// The table of choices: for every machine of tests/fixtures/machines and every use, which model would be
// chosen by what names alone tell (no engine, no measurement), why, and what the next better one would take.
// Committed as tests/fingerprint/choices.txt; TOKCAST_UPDATE=1 rewrites it, and `git diff` shows what a
// change does to choices.
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <tuple>

#include "base/file.h"
#include "choose/choice.h"
#include "choose/merit.h"
#include "choose/quantisation.h"
#include "choose/use.h"
#include "cli/forecast_text.h"
#include "cli/setting.h"
#include "machine/find_machine.h"
#include "model/catalogue.h"
#include "model/naming.h"

namespace tokcast {
namespace {

constexpr const char* kPath = TOKCAST_SOURCE_DIR "/tests/fingerprint/choices.txt";
constexpr std::size_t kModelsInLargerMixes = 2;

std::vector<std::string> machines() {
  std::vector<std::string> out;
  for (const auto& entry : std::filesystem::directory_iterator(TOKCAST_FIXTURES "/expected")) {
    out.push_back(entry.path().string());
  }
  std::ranges::sort(out);
  out.emplace_back("8c avx2 2x ddr5-5600 64GiB gpu RTX 4090");
  return out;
}

Setting setting_of(const std::string& machine) {
  const Profile profile = find_machine(machine).value();
  return Setting{.machine = profile.limits,
                 .elsewhere = true,
                 .profile = profile,
                 .engine = fail(ErrorKind::kNotFound, "no engine here"),
                 .store = RehearsalStore("/nowhere"),
                 .calibrations = CalibrationStore("/nowhere")};
}

// The models of the short list (the whole catalogue takes minutes), in the smallest mix that is considered.
// Once for all machines.
const std::vector<Shape>& smallest() {
  static const std::vector<Shape> shapes = [] {
    std::vector<Shape> out;
    for (const std::string_view id : short_list()) {
      const CatalogueRow row = find_catalogue_row(id).value();
      auto shape = find_shape(row.id + ":" + candidate_mixes(row).front());
      if (shape && shape->not_modelled.empty()) out.push_back(std::move(*shape));
    }
    return out;
  }();
  return shapes;
}

// Likewise made once.
const Shape& larger(const std::string& name) {
  static std::map<std::string, Shape> shapes;
  const auto found = shapes.find(name);
  return found != shapes.end() ? found->second : shapes.emplace(name, find_shape(name).value()).first->second;
}

class Chooser {
 public:
  explicit Chooser(const std::string& machine)
      : setting_(setting_of(machine)),
        on_gpu_(setting_.runs_on_gpu({})),
        limits_(setting_.memory_bound(on_gpu_)) {
    ladder_ = setting_.ladder(setting_.threads({}), on_gpu_);
  }

  bool on_gpu() const { return on_gpu_; }

  Forecast ask(const Shape& shape, Workload workload) {
    workload.gpu_layers = 0;  // of no candidate, but as many as fit
    workload = placed(workload, shape, on_gpu_, limits_);
    return forecast(shape, timings(shape, workload), workload, limits_);
  }

  std::vector<Candidate> ranked(const Use& use) {
    std::vector<Candidate> out;
    for (const Shape& shape : smallest()) {
      const CatalogueRow row = find_catalogue_row(shape.id).value();
      if (!unsuited(row.abilities, use)) out.push_back(candidate(shape, row, use));
    }
    sort(out);
    const std::size_t first = out.size();
    for (std::size_t i = 0; i < std::min(first, kModelsInLargerMixes); ++i) {
      const CatalogueRow row = find_catalogue_row(out[i].shape.id).value();
      const std::vector<std::string> mixes = candidate_mixes(row);
      for (std::size_t m = 1; m < mixes.size(); ++m) {
        out.push_back(candidate(larger(row.id + ":" + mixes[m]), row, use));
      }
    }
    sort(out);
    return out;
  }

 private:
  const std::optional<Timings>& timings(const Shape& shape, const Workload& workload) {
    const auto [place, fresh] =
        known_.try_emplace({shape.id, shape.quantization, workload.gpu_layers, workload.sessions});
    if (fresh) {
      if (auto looked_up = timings_from(ladder_, shape, Evidence::kLookedUp, workload))
        place->second = std::move(*looked_up);
    }
    return place->second;
  }

  Candidate candidate(const Shape& shape, const CatalogueRow& row, const Use& use) {
    Candidate out{shape, ask(shape, use.workload)};
    out.merit = merit_of(row, shape.quantization, use);
    return out;
  }

  static void sort(std::vector<Candidate>& all) {
    std::ranges::stable_sort(all, {},
                             [](const Candidate& c) { return RankKey(c.shape, c.forecast, c.merit); });
  }

  Setting setting_;
  bool on_gpu_;
  MemoryLimits limits_;
  Ladder ladder_;
  std::map<std::tuple<std::string, std::string, std::uint32_t, std::uint32_t>, std::optional<Timings>>
      known_{};
};

std::string pick_text(const std::optional<Pick>& pick, const std::vector<Candidate>& ranked) {
  if (!pick) return "none";
  const Candidate& one = ranked[pick->index];
  return fmt::format("{}{}: {}", model_label(one.shape),
                     one.forecast.turn ? ", " + seconds_span(one.forecast.turn->turn) : "",
                     fmt::join(pick->reasons, "; "));
}

std::string text_of(const std::string& name, const Use& use, bool on_gpu,
                    const std::vector<Candidate>& ranked, const Choice& choice) {
  std::string out =
      fmt::format("{} | {} | {}\n  choice: {}\n", name, use.name, on_gpu ? "card" : "processor",
                  choice.best ? pick_text(choice.best, ranked) : "nothing keeps the budget (hybrid)");
  if (choice.faster) out += fmt::format("  faster: {}\n", pick_text(choice.faster, ranked));
  out += fmt::format("  out of reach: {}\n", pick_text(choice.out_of_reach, ranked));
  for (const Remedy& remedy : choice.remedies) out += fmt::format("    would take {}\n", remedy.sentence);
  return out;
}

// What a choice must never be, whatever the table says.
void expect_sound(const std::string& where, const Candidate& one) {
  EXPECT_EQ(one.forecast.verdict, Verdict::kKeeps) << where;
  ASSERT_TRUE(one.forecast.turn && one.forecast.workload.turn_budget) << where;
  EXPECT_LE(one.forecast.turn->turn.high, *one.forecast.workload.turn_budget) << where;
  EXPECT_EQ(one.forecast.memory.fits(), true) << where;
  EXPECT_LE(one.forecast.workload.context_tokens, one.shape.context_length.value_or(UINT32_MAX)) << where;
}

TEST(ChoicesTable, IsAsCommittedAndNoChoiceBreaksItsPromise) {
  std::string now = "# machine | use | runs on, then the choice and its neighbours; looked up, no engine\n";
  for (const std::string& machine : machines()) {
    Chooser chooser(machine);
    const bool is_file = machine.starts_with('/');
    const std::string name = is_file ? std::filesystem::path(machine).stem().string() : machine;
    for (const Use& use : uses()) {
      const auto ranked = chooser.ranked(use);
      const Choice choice = choose(
          ranked, [&chooser](const Shape& shape, const Workload& turn) { return chooser.ask(shape, turn); });
      if (choice.best) expect_sound(name + " " + std::string(use.name), ranked[choice.best->index]);
      if (choice.faster) expect_sound(name + " faster", ranked[choice.faster->index]);
      now += text_of(name, use, chooser.on_gpu(), ranked, choice);
    }
  }
  if (getenv("TOKCAST_UPDATE") != nullptr) {
    ASSERT_TRUE(write_file(kPath, now));
    return;
  }
  EXPECT_EQ(now, read_file(kPath).value_or("no such file"))
      << "run with TOKCAST_UPDATE=1 to rewrite it, then say in the commit why choices changed";
}

}  // namespace
}  // namespace tokcast

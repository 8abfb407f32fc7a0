// Published results of llama.cpp, as rows that a forecast can be held against.
//
// Three files below data/: benchmarks.csv (what was published, with its source), benchmark_models.json (which
// catalogue row a published name means) and benchmark_machines.json (which known part a published machine
// has). Rows are left out for reasons that are counted: who judges a forecast must know what was not asked of
// it.
#ifndef TOKCAST_BENCH_PUBLISHED_H_
#define TOKCAST_BENCH_PUBLISHED_H_

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "forecast/hardware.h"
#include "forecast/looked_up.h"
#include "forecast/model_work.h"
#include "model/shape.h"

namespace tokcast {

// What is asked of all rows of one model in one mix: shared between them.
struct PublishedModel {
  Shape shape{};
  ModelWork work{};
  ModelKind kind = ModelKind::kDense;
};

struct PublishedRow {
  std::string source;
  std::shared_ptr<const PublishedModel> model;
  Hardware hardware{};
  // Rows of one physical machine, or of one part under any spelling, back end and number of cards.
  std::string machine;
  bool prefill = false;
  std::uint64_t tokens = 0;
  double tokens_per_second = 0;
};

struct Published {
  std::vector<PublishedRow> rows{};
  std::map<std::string, std::uint32_t> left_out{};  // reason -> rows
};

// `directory` is the repository's data/. Errors: kNotFound, kIo, kBadInput with the line.
Result<Published> read_published(const std::string& directory);

// One line for each reason, and the count of what is left.
std::string filter_report(const Published& published);

}  // namespace tokcast

#endif  // TOKCAST_BENCH_PUBLISHED_H_

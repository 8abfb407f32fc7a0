// The parts of the accuracy suite: what is measured on this machine, and where its records lie. A part is
// measured alone, so that a quiet quarter of an hour is enough for one.
#ifndef TOKCAST_BENCH_ACCURACY_PARTS_H_
#define TOKCAST_BENCH_ACCURACY_PARTS_H_

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tokcast {

struct AccuracyPart {
  std::string_view name;                   // "busy": its records are NAME.jsonl
  std::string_view title;                  // of its rows
  std::vector<std::string_view> models{};  // MODEL or MODEL@LAYERS (full_shape)
  std::vector<std::uint32_t> threads{};
  bool rehearse = false;
  bool calibrate = false;                   // and all rungs below
  std::string_view variant{};               // of the engine's kernels, forced; empty: its own choice
  std::vector<std::string_view> without{};  // instructions that it then does not use
  bool hog = false;                         // a loop keeps one processor busy meanwhile
  int minutes = 0;                          // about, on two cores
  // Not measured: each record of the part of this name, and of its earlier sessions, OF-before.jsonl, judged
  // by the truths of all the others.
  std::string_view apart_of{};
};

// In the order in which they are worth their time.
std::span<const AccuracyPart> accuracy_parts();

// Whether it can be measured.
inline bool is_measured(const AccuracyPart& part) {
  return part.apart_of.empty();
}

// nullptr if no part has this name.
const AccuracyPart* find_accuracy_part(std::string_view name);

}  // namespace tokcast

#endif  // TOKCAST_BENCH_ACCURACY_PARTS_H_

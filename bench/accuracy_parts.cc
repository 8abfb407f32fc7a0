#include "bench/accuracy_parts.h"

#include <algorithm>

namespace tokcast {
namespace {

const std::vector<std::string_view>& all_models() {
  static const std::vector<std::string_view> models{
      "tinyllama-1.1b-chat:Q4_K_M",    "qwen2.5-1.5b-instruct:Q8_0", "llama-3.2-3b-instruct:Q4_0",
      "phi-3-mini-4k-instruct:Q4_K_M", "llama-2-7b-chat:Q4_K_M",     "qwen3-30b-a3b:Q4_K_M@12"};
  return models;
}

std::vector<std::string_view> first_models(std::size_t count) {
  return {all_models().begin(), all_models().begin() + static_cast<std::ptrdiff_t>(count)};
}

}  // namespace

std::span<const AccuracyPart> accuracy_parts() {
  static const std::vector<AccuracyPart> parts{{.name = "busy",
                                                .title = "rehearsed beside a loop on one processor",
                                                .models = first_models(2),
                                                .threads = {2, 1},
                                                .rehearse = true,
                                                .hog = true,
                                                .minutes = 5},
                                               {.name = "calibrated-2",
                                                .title = "2 threads",
                                                .models = all_models(),
                                                .threads = {2},
                                                .calibrate = true,
                                                .minutes = 12},
                                               {.name = "calibrated-2-apart",
                                                .title = "2 threads, measured at another time",
                                                .threads = {2},
                                                .calibrate = true,
                                                .apart_of = "calibrated-2"},
                                               {.name = "avx2",
                                                .title = "2 threads, engine forced to its AVX2 kernels",
                                                .models = first_models(3),
                                                .threads = {2},
                                                .calibrate = true,
                                                .variant = "haswell",
                                                .without = {"avx512", "avxvnni", "amx"},
                                                .minutes = 5},
                                               {.name = "rehearsed-2",
                                                .title = "2 threads",
                                                .models = all_models(),
                                                .threads = {2},
                                                .rehearse = true,
                                                .minutes = 16},
                                               {.name = "rehearsed-2-apart",
                                                .title = "2 threads, measured at another time",
                                                .threads = {2},
                                                .rehearse = true,
                                                .apart_of = "rehearsed-2"},
                                               {.name = "calibrated-1",
                                                .title = "1 thread",
                                                .models = all_models(),
                                                .threads = {1},
                                                .calibrate = true,
                                                .minutes = 18},
                                               {.name = "rehearsed-1",
                                                .title = "1 thread",
                                                .models = all_models(),
                                                .threads = {1},
                                                .rehearse = true,
                                                .minutes = 26}};
  return parts;
}

const AccuracyPart* find_accuracy_part(std::string_view name) {
  const auto parts = accuracy_parts();
  const auto found = std::ranges::find(parts, name, &AccuracyPart::name);
  return found == parts.end() ? nullptr : &*found;
}

}  // namespace tokcast

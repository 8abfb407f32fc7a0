// What is asked of a model: one turn of each session, and how the engine is set up for it.
#ifndef TOKCAST_FORECAST_WORKLOAD_H_
#define TOKCAST_FORECAST_WORKLOAD_H_

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "base/result.h"
#include "base/units.h"
#include "model/ggml_type.h"
#include "model/shape.h"

namespace tokcast {

// How the engine computes attention. It decides itself by default, which is on wherever its back end can;
// processors and common graphics cards can (llama.cpp's LLAMA_FLASH_ATTN_TYPE_AUTO).
enum class FlashAttention { kAuto, kOn, kOff };

// "auto", "on", "off".
std::string_view flash_attention_name(FlashAttention flash_attention);

// Types that llama.cpp's --cache-type-k and -v take.
std::span<const GgmlType> cache_types();

// One turn. Defaults: the voice turn of the story this tool grew from: a 30-token reply, the whole turn in 10
// s. Several sessions take such a turn each, all at the same time: the engine reads their prompts in one row
// and then decodes all of them in every step. Durations are those of the session that is served last.
struct Workload {
  std::uint64_t prompt_tokens = 128;  // of this turn, cached ones included
  std::uint64_t cached_tokens = 0;    // of the prompt: already in the context, cost nothing
  std::uint64_t reply_tokens = 30;
  std::uint64_t depth_tokens = 0;       // in the context before this turn
  std::uint64_t context_tokens = 2048;  // that the engine reserves for each session
  std::uint32_t sessions = 1;
  std::uint64_t batch_tokens = kMicroBatch;  // of a prompt, read at once; not 0
  GgmlType key_type = GgmlType::kF16;        // of the cache
  GgmlType value_type = GgmlType::kF16;
  FlashAttention flash_attention = FlashAttention::kAuto;
  std::uint32_t gpu_layers = 0;  // the output counts as one more layer, as in llama.cpp's -ngl
  bool voice = false;            // the prompt is heard and the reply is spoken (voice.h)
  std::optional<Seconds> turn_budget{Seconds(10)};
  std::optional<Seconds> first_token_budget{};
};

// LLAMA_MAX_SEQ of llama.cpp: what one engine can serve at once.
constexpr std::uint32_t kMostSessions = 256;

// kUsage if the numbers contradict each other (cached > prompt, turn longer than the context, nothing to do
// ...).
Result<void> check_workload(const Workload& workload);

}  // namespace tokcast

#endif  // TOKCAST_FORECAST_WORKLOAD_H_

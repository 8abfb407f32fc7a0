// The speed formulas of popular tools, to judge them on the rows that judge our own forecasts.
//
// Written anew from a description of what each tool computes (a survey of their sources in August 2026); none
// of their code is here. Each is at its best case: the card is recognised, a file's true size is known. What
// the description leaves open is settled in the tool's favour and said beside the formula. Tools and files:
//
//   llmfit: AlexsJones/llmfit 1.1.10, llmfit-core/src/fit.rs, models.rs, hardware.rs
//
//   whichllm: Andyyyy64/whichllm 0.5.14, src/whichllm/engine/performance.py
//
//   llm-fit: fabiocicerchia/llm-fit 1.0.1, internal/fit/fit.go, internal/engine/engine.go
//
//   llm-checker (a): Pavelevich/llm-checker 3.7.6, src/utils/token-speed-estimator.js, one of its four
//   formulas
//
//   gguf-parser-go: gpustack/gguf-parser-go 0.25, file_estimate__llamacpp.go, a ceiling without efficiency
//
//   canirun.ai: packages/compatibility/src/index.ts
//
//   gpu_poor: src/App.js
#ifndef TOKCAST_BENCH_PEERS_H_
#define TOKCAST_BENCH_PEERS_H_

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/units.h"

namespace tokcast {

struct PeerModel {
  double billions = 0;         // of parameters, all experts together
  double active_billions = 0;  // of those, what one token uses; equals billions if dense
  // Of those, in feed-forward parts of the experts chosen; nullopt: the tool does not know the architecture.
  std::optional<double> active_expert_billions{};
  std::optional<std::uint32_t> experts{};  // nullopt: dense
  std::optional<std::uint32_t> experts_used{};
  std::string quantization;  // "Q4_K_M", "F16", "MXFP4"
  Bytes file{};
  Bytes key_values{};  // of the whole context asked for; 0 leaves that term out
  // Of the attention term of llm-fit's prefill: layers x embedding length x context; 0 leaves it out.
  double attention_values = 0;
};

struct PeerGpu {
  std::string name;                           // "GeForce RTX 4090"
  std::string vendor;                         // "NVIDIA", "AMD", "Apple", "Intel"
  std::string backend;                        // "CUDA", "ROCm", "Metal", "Vulkan", "SYCL"
  std::optional<BytesPerSecond> bandwidth{};  // nullopt: the card is not in the tool's table
  std::optional<Bytes> memory{};              // nullopt: large enough
  std::optional<double> fp16_teraflops{};
  bool shares_memory = false;  // with the processor
};

struct PeerCpu {
  std::string brand;  // as the kernel gives it: "12th Gen Intel(R) Core(TM) i7-12700H"
  bool arm64 = false;
  std::optional<std::uint32_t> cores{};
  std::optional<double> gigahertz{};
  std::optional<BytesPerSecond> specified_bandwidth{};  // channels x transfers x width
  std::optional<BytesPerSecond> measured_bandwidth{};   // by the tool's own copy loop
  std::optional<double> teraflops{};
};

struct PeerQuestion {
  PeerModel model{};
  std::optional<PeerGpu> gpu{};  // nullopt: runs on the processor alone
  PeerCpu cpu{};
};

// Tokens/s; nullopt where the tool predicts nothing, or where the description does not say what.
struct PeerAnswer {
  std::optional<double> decode{};
  std::optional<double> prefill{};
};

struct Peer {
  std::string_view name;
  PeerAnswer (*answer)(const PeerQuestion& question);
};

// All tools, in the order above. Their functions are pure.
std::span<const Peer> peers();

}  // namespace tokcast

#endif  // TOKCAST_BENCH_PEERS_H_

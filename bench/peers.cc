#include "bench/peers.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "base/text.h"

namespace tokcast {
namespace {

// What all of them need.

// The bits that a quantisation is called after: 4 for "Q4_K_M", "IQ4_XS", "MXFP4"; 16 for "BF16".
std::optional<int> nominal_bits(std::string_view quantization) {
  if (quantization == "MXFP4" || quantization == "NVFP4") return 4;
  if (quantization == "F16" || quantization == "BF16") return 16;
  const std::size_t q = quantization.find('Q');
  if (q == std::string_view::npos || q > 1 || q + 1 == quantization.size()) return std::nullopt;
  const char digit = quantization[q + 1];
  return digit >= '2' && digit <= '8' ? std::optional(digit - '0') : std::nullopt;
}

struct ByBits {
  int bits;
  double value;
};

std::optional<double> find_bits(std::span<const ByBits> table, std::optional<int> bits) {
  const auto found = std::ranges::find(table, bits.value_or(0), &ByBits::bits);
  return found == table.end() ? std::nullopt : std::optional(found->value);
}

struct ByName {
  std::string_view name;
  double value;
};

std::optional<double> find_name(std::span<const ByName> table, std::string_view name) {
  const auto found = std::ranges::find(table, name, &ByName::name);
  return found == table.end() ? std::nullopt : std::optional(found->value);
}

double gigabytes(BytesPerSecond rate) {
  return rate.value / 1e9;
}

double gigabytes(Bytes bytes) {
  return static_cast<double>(bytes.value) / 1e9;
}

bool is_mixture(const PeerModel& model) {
  return model.experts.has_value();
}

double active_share(const PeerModel& model) {
  return model.active_billions / model.billions;
}

// Of the model, what the card can hold.
double gpu_share(const PeerModel& model, const PeerGpu& gpu) {
  return gpu.memory ? std::min(1.0, *gpu.memory / model.file) : 1.0;
}

bool is_offloaded(const PeerModel& model, const PeerGpu& gpu) {
  return gpu_share(model, gpu) < 1;
}

// llmfit: bandwidth over nominal bytes, 0.55 for everything else; without a known card a constant over the
// parameters. The constant's branch for processors says the same of all of them.

constexpr double kLlmfitEfficiency = 0.55;

std::optional<double> llmfit_type_factor(const PeerModel& model) {
  constexpr auto kFactors =
      std::to_array<ByBits>({{16, 0.6}, {8, 0.8}, {6, 0.95}, {5, 1.0}, {4, 1.15}, {3, 1.25}, {2, 1.35}});
  return find_bits(kFactors, nominal_bits(model.quantization));
}

double llmfit_dense(const PeerModel& model, const PeerGpu& gpu, double bytes_a_parameter) {
  const double mode = is_offloaded(model, gpu) ? 0.5 : 1;
  return gigabytes(*gpu.bandwidth) / (model.billions * bytes_a_parameter) * kLlmfitEfficiency * mode;
}

// The factor is taken to be 1 below a use of 60 %, where the formula would exceed it.
double llmfit_pressure(const PeerModel& model, const PeerGpu& gpu) {
  const double use = gpu.memory ? model.file / *gpu.memory : 0;
  const double idle = 1 - double(model.experts_used.value_or(*model.experts)) / *model.experts;
  return std::clamp(1 - (use - 0.6) * idle, 0.30, 1.0);
}

double llmfit_factor_of_experts(std::uint32_t experts) {
  if (experts <= 8) return 0.90;
  if (experts <= 16) return 0.85;
  if (experts <= 32) return 0.80;
  return experts <= 64 ? 0.70 : 0.40;
}

std::optional<double> llmfit_mixture(const PeerQuestion& question, double bytes_a_parameter) {
  const PeerModel& model = question.model;
  const double bandwidth = gigabytes(*question.gpu->bandwidth);
  const double active = model.active_billions * bytes_a_parameter;
  if (is_offloaded(model, *question.gpu)) {
    const double memory = gigabytes(question.cpu.measured_bandwidth.value_or(BytesPerSecond(50e9)));
    return 0.8 / (active / memory + active / (bandwidth * kLlmfitEfficiency));
  }
  if (!model.active_expert_billions) {
    return bandwidth / active * kLlmfitEfficiency * llmfit_factor_of_experts(*model.experts);
  }
  const double experts = *model.active_expert_billions;
  const double fixed = model.active_billions - experts;
  return bandwidth / (experts * bytes_a_parameter + fixed * 3.2) * llmfit_pressure(model, *question.gpu);
}

// A mixture's speed is not described for these two paths.
std::optional<double> llmfit_unknown_gpu(const PeerQuestion& question) {
  constexpr auto kConstants =
      std::to_array<ByName>({{"CUDA", 220}, {"ROCm", 180}, {"Metal", 160}, {"Vulkan", 150}, {"SYCL", 100}});
  const auto constant = find_name(kConstants, question.gpu->backend);
  const auto factor = llmfit_type_factor(question.model);
  if (!constant || !factor || is_mixture(question.model)) return std::nullopt;
  const double cores = question.cpu.cores.value_or(0) >= 8 ? 1.1 : 1;
  const double mode = is_offloaded(question.model, *question.gpu) ? 0.5 : 1;
  return *constant / question.model.billions * *factor * cores * mode;
}

std::optional<double> llmfit_processor(const PeerQuestion& question) {
  const auto factor = llmfit_type_factor(question.model);
  if (!factor || is_mixture(question.model)) return std::nullopt;
  const double constant = question.cpu.arm64 ? 90 : 70;
  return constant / question.model.billions * *factor * 1.1 * 0.3;
}

PeerAnswer llmfit(const PeerQuestion& question) {
  if (!question.gpu) return {.decode = llmfit_processor(question)};
  if (!question.gpu->bandwidth) return {.decode = llmfit_unknown_gpu(question)};
  const auto bits = nominal_bits(question.model.quantization);
  if (!bits) return {};
  const double bytes_a_parameter = *bits / 8.0;
  if (is_mixture(question.model)) return {.decode = llmfit_mixture(question, bytes_a_parameter)};
  return {.decode = llmfit_dense(question.model, *question.gpu, bytes_a_parameter)};
}

// whichllm: bandwidth over the file's bytes, an efficiency for each quantisation; one constant for all
// processors. IQ2 is described as 0.38 to 0.40; what is not listed is taken as its like of the same bits.

std::optional<double> whichllm_efficiency(const PeerModel& model) {
  constexpr auto kNamed = std::to_array<ByName>({{"MXFP4", 0.55}, {"NVFP4", 0.56}});
  constexpr auto kByBits =
      std::to_array<ByBits>({{16, 0.40}, {8, 0.45}, {6, 0.50}, {5, 0.52}, {4, 0.55}, {3, 0.50}, {2, 0.45}});
  if (const auto named = find_name(kNamed, model.quantization)) return named;
  if (model.quantization.starts_with("IQ2")) return 0.39;
  return find_bits(kByBits, nominal_bits(model.quantization));
}

// Gigabytes read for a token: of a mixture at least a share that grows with the bandwidth.
double whichllm_gigabytes(const PeerModel& model, double bandwidth) {
  if (!is_mixture(model)) return gigabytes(model.file);
  const double least = std::min(0.25, 0.05 * std::max(1.0, bandwidth / 256));
  return gigabytes(model.file) * std::max(active_share(model), least);
}

std::optional<double> whichllm_gpu(const PeerModel& model, const PeerGpu& gpu, double efficiency) {
  constexpr auto kVendors =
      std::to_array<ByName>({{"NVIDIA", 1.0}, {"AMD", 0.78}, {"Apple", 0.82}, {"Intel", 0.65}});
  const auto vendor = find_name(kVendors, gpu.vendor);
  if (!vendor || !gpu.bandwidth) return std::nullopt;  // it prints 0 tokens/s for an unknown bandwidth
  const double bandwidth = gigabytes(*gpu.bandwidth);
  const double when_offloaded = gpu.shares_memory ? 0.85 : 0.45;
  const double offload = is_offloaded(model, gpu) ? when_offloaded : 1;
  return bandwidth / whichllm_gigabytes(model, bandwidth) * efficiency * *vendor * offload;
}

PeerAnswer whichllm(const PeerQuestion& question) {
  const auto efficiency = whichllm_efficiency(question.model);
  if (!efficiency) return {};
  if (question.gpu) return {.decode = whichllm_gpu(question.model, *question.gpu, *efficiency)};
  if (is_mixture(question.model)) return {};  // not described
  return {.decode = std::max(0.3, 18 / question.model.billions * *efficiency / 0.45)};
}

// llm-fit: time as bytes over a share of each bandwidth, the processor's as its own copy loop measures it.

std::optional<double> llm_fit_decode(const PeerQuestion& question) {
  constexpr double kOfGpu = 0.80;  // for llama.cpp
  constexpr double kOfCpu = 0.55;
  const PeerModel& model = question.model;
  const double bytes = gigabytes(model.file) * active_share(model) + gigabytes(model.key_values);
  const double on_gpu = question.gpu ? gpu_share(model, *question.gpu) : 0;
  double seconds = 0;
  if (on_gpu > 0) {
    if (!question.gpu->bandwidth) return std::nullopt;
    seconds += bytes * on_gpu / (kOfGpu * gigabytes(*question.gpu->bandwidth));
  }
  if (on_gpu < 1) {
    if (!question.cpu.measured_bandwidth) return std::nullopt;
    seconds += bytes * (1 - on_gpu) / (kOfCpu * gigabytes(*question.cpu.measured_bandwidth));
  }
  return 1 / seconds;
}

// The processor's share of the model counts with 2 % of the card's operations, so there is none without one.
std::optional<double> llm_fit_prefill(const PeerQuestion& question) {
  constexpr double kUse = 0.32;  // for llama.cpp
  if (!question.gpu || !question.gpu->fp16_teraflops) return std::nullopt;
  const double on_gpu = gpu_share(question.model, *question.gpu);
  const double teraflops = *question.gpu->fp16_teraflops * (on_gpu + 0.02 * (1 - on_gpu));
  const double operations = 2 * question.model.active_billions * 1e9 + 2 * question.model.attention_values;
  return kUse * teraflops * 1e12 / operations;
}

PeerAnswer llm_fit(const PeerQuestion& question) {
  return {.decode = llm_fit_decode(question), .prefill = llm_fit_prefill(question)};
}

// llm-checker (a): tokens/s of a model of 7 billion, bent by size. Its factor for memory (0.45 to 1.05) is
// taken as 1. Of its tables of cards three entries are described.

bool contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

double llm_checker_instructions(const std::string& brand) {
  for (const std::string_view generation : {"12th gen", "13th gen", "14th gen"}) {
    if (contains(brand, generation)) return 3;  // it takes these to have AVX-512, which they have not
  }
  return contains(brand, "intel") || contains(brand, "amd") ? 1.5 : 0;
}

std::optional<double> llm_checker_processor(const PeerCpu& cpu) {
  if (!cpu.cores || !cpu.gigahertz) return std::nullopt;
  const double rate = 4 + 0.6 * *cpu.cores + 2.5 * (*cpu.gigahertz - 2);
  return std::clamp(rate + llm_checker_instructions(lower(cpu.brand)), 3.0, 18.0);
}

std::optional<double> llm_checker_gpu(const PeerGpu& gpu) {
  constexpr auto kCards = std::to_array<ByName>({{"4090", 80}, {"3090", 62}, {"M1 Max", 48}});
  for (const ByName& card : kCards) {
    if (contains(gpu.name, card.name) && !contains(gpu.name, "Ti")) return card.value;
  }
  return std::nullopt;
}

PeerAnswer llm_checker(const PeerQuestion& question) {
  if (is_mixture(question.model)) return {};  // not described
  const auto seven = question.gpu ? llm_checker_gpu(*question.gpu) : llm_checker_processor(question.cpu);
  if (!seven) return {};
  return {.decode = *seven * std::clamp(std::pow(7 / question.model.billions, 0.72), 0.18, 2.2)};
}

// gguf-parser-go: what bandwidth and operations allow, on numbers that its user types in; all experts' bytes
// count. The embedding's row over the link is left out. Two devices combine as (a^2 + b^2) / max(a, b).

std::optional<double> gguf_parser_seconds(const PeerModel& model, std::optional<BytesPerSecond> bandwidth,
                                          std::optional<double> teraflops) {
  if (!bandwidth) return std::nullopt;
  const double operations = teraflops ? 2 * model.active_billions / (*teraflops * 1e3) : 0;
  const double weights = std::max(operations, gigabytes(model.file) / gigabytes(*bandwidth));
  return weights + gigabytes(model.key_values) / gigabytes(*bandwidth);
}

PeerAnswer gguf_parser(const PeerQuestion& question) {
  const PeerModel& model = question.model;
  const double on_gpu = question.gpu ? gpu_share(model, *question.gpu) : 0;
  std::optional<double> gpu{0};
  std::optional<double> cpu{0};
  if (on_gpu > 0) gpu = gguf_parser_seconds(model, question.gpu->bandwidth, question.gpu->fp16_teraflops);
  if (on_gpu < 1) cpu = gguf_parser_seconds(model, question.cpu.specified_bandwidth, question.cpu.teraflops);
  if (!gpu || !cpu) return {};
  const double a = *gpu * on_gpu;
  const double b = *cpu * (1 - on_gpu);
  return {.decode = std::max(a, b) / (a * a + b * b)};
}

// canirun.ai: bandwidth over the working set; the processor's part of a split model at 50 GB/s always. Phones
// (0.40), mixtures and what it does without a card are left out: not described.

PeerAnswer canirun(const PeerQuestion& question) {
  if (!question.gpu || !question.gpu->bandwidth || is_mixture(question.model)) return {};
  const PeerGpu& gpu = *question.gpu;
  const double efficiency = gpu.vendor == "Apple" ? 0.65 : 0.70;
  const double on_gpu = gpu_share(question.model, gpu);
  const double bandwidth = 1 / (on_gpu / gigabytes(*gpu.bandwidth) + (1 - on_gpu) / 50);
  const double offload = on_gpu < 1 ? 0.85 : 1;
  const double working_set = gigabytes(question.model.file) + gigabytes(question.model.key_values);
  return {.decode = bandwidth / working_set * efficiency * offload};
}

// gpu_poor: the slower of twice the bytes over the bandwidth and the operations over a share of the peak. Its
// factor for cards is described as 1.5 to 2: the middle is taken. The small constant of a prompt is left out.
// It knows no mixtures and no split models.

struct GpuPoorDevice {
  std::optional<BytesPerSecond> bandwidth{};
  std::optional<double> teraflops{};  // that it counts with
  double memory_factor = 1;
  double prompt_factor = 1;
};

GpuPoorDevice gpu_poor_device(const PeerQuestion& question) {
  const auto share = [](std::optional<double> teraflops, double used) {
    return teraflops ? std::optional(*teraflops * used) : std::nullopt;
  };
  if (question.gpu) {
    return {question.gpu->bandwidth, share(question.gpu->fp16_teraflops, 0.85), 1.75, 1.8};
  }
  return {question.cpu.specified_bandwidth, share(question.cpu.teraflops, 0.5), 1.6, 1};
}

PeerAnswer gpu_poor(const PeerQuestion& question) {
  const PeerModel& model = question.model;
  if (is_mixture(model) || (question.gpu && is_offloaded(model, *question.gpu))) return {};
  const GpuPoorDevice device = gpu_poor_device(question);
  const double compute = device.teraflops ? 2 * model.billions / (*device.teraflops * 1e3) : 0;
  PeerAnswer answer;
  if (device.bandwidth) {
    const double bytes = 2 * gigabytes(model.file) + gigabytes(model.key_values);
    const double memory = bytes / gigabytes(*device.bandwidth) * device.memory_factor;
    answer.decode = 1 / std::max(memory, compute);
  }
  const auto bits = nominal_bits(model.quantization);
  if (device.teraflops && bits) answer.prefill = 1 / (compute * *bits / 16 * device.prompt_factor);
  return answer;
}

constexpr auto kPeers = std::to_array<Peer>({{"llmfit", llmfit},
                                             {"whichllm", whichllm},
                                             {"llm-fit", llm_fit},
                                             {"llm-checker (a)", llm_checker},
                                             {"gguf-parser-go", gguf_parser},
                                             {"canirun.ai", canirun},
                                             {"gpu_poor", gpu_poor}});

}  // namespace

std::span<const Peer> peers() {
  return kPeers;
}

}  // namespace tokcast

#include "model/architecture.h"

#include <algorithm>
#include <array>

namespace tokcast {
namespace {

constexpr std::string_view kEncoder = "text encoders, which do not generate text, are not modelled";
constexpr std::string_view kEncoderDecoder = "encoder-decoder models are not modelled yet";
constexpr std::string_view kDiffusion = "generation by diffusion is not modelled yet";
constexpr std::string_view kAudio = "audio decoders are not modelled";
constexpr std::string_view kDraft = "draft models, which run only beside another model, are not modelled yet";
constexpr std::string_view kRecurrent = "recurrent models (RWKV) are not modelled yet";
constexpr std::string_view kSparse = "sparse attention by an indexer is not modelled yet";
constexpr std::string_view kGemma3n = "alternating updates and per-layer embeddings";
constexpr std::string_view kGemma4 = "per-layer embeddings and scales";

constexpr auto kPlain = std::to_array<std::string_view>({
    "apertus",     "arcee",         "arctic",       "baichuan", "bailingmoe",    "bailingmoe2",
    "bitnet",      "bloom",         "chameleon",    "chatglm",  "codeshell",     "cogvlm",
    "command-r",   "dbrx",          "deci",         "deepseek", "deepseek2",     "deepseek2-ocr",
    "dots1",       "ernie4_5",      "ernie4_5-moe", "exaone",   "falcon",        "falcon-h1",
    "gemma",       "glm4",          "glm4moe",      "gpt2",     "gptj",          "gptneox",
    "granite",     "granitehybrid", "granitemoe",   "grok",     "hunyuan-dense", "hunyuan-moe",
    "hunyuan_vl",  "hy_v3",         "internlm2",    "jais",     "jais2",         "jamba",
    "kimi-linear", "laguna",        "lfm2",         "lfm2moe",  "llama",         "maincoder",
    "mamba",       "mamba2",        "mimo2",        "minicpm",  "minicpm3",      "minimax-m2",
    "mistral3",    "mistral4",      "mpt",          "nemotron", "nemotron_h",    "nemotron_h_moe",
    "olmo",        "olmoe",         "openelm",      "orion",    "paddleocr",     "pangu-embedded",
    "phi2",        "phi3",          "phimoe",       "plamo",    "plamo2",        "plm",
    "qwen",        "qwen2",         "qwen2moe",     "qwen2vl",  "qwen3",         "qwen3moe",
    "qwen3vl",     "qwen3vlmoe",    "refact",       "seed_oss", "smollm3",       "stablelm",
    "starcoder",   "starcoder2",    "step35",       "talkie",   "xverse",
});

// phi3 is among the plain ones: its files name a window, which llama.cpp ignores (issue 13676).
constexpr std::array kSpecial = {
    Architecture{.name = "afmoe", .sliding_period = 4},
    Architecture{.name = "cohere2", .sliding_period = 4},
    Architecture{.name = "cohere2moe", .sliding_period = 4, .full_first = true},
    Architecture{.name = "exaone-moe", .sliding_period = 4, .default_window = 128},
    Architecture{.name = "exaone4", .sliding_period = 4},
    Architecture{.name = "gemma2", .sliding_period = 2, .default_window = 4096},
    Architecture{.name = "gemma3", .sliding_period = 6},
    Architecture{.name = "gpt-oss", .sliding_period = 2},
    // Not a sliding window but chunks of this size; llama.cpp keeps as many positions for it.
    Architecture{.name = "llama4", .sliding_period = 4, .default_window = 8192},
    Architecture{.name = "mellum", .sliding_period = 4},
    Architecture{.name = "olmo2", .sliding_period = 4},
    Architecture{.name = "plamo3", .sliding_period = 8},
    Architecture{.name = "smallthinker", .sliding_period = 4, .full_first = true},
    Architecture{.name = "qwen3next", .recurrent_period = 4},
    Architecture{.name = "qwen35", .recurrent_period = 4},
    Architecture{.name = "qwen35moe", .recurrent_period = 4},
    // llama.cpp has n_layer_kv_from_start = 20 in its loader, whatever the file says.
    Architecture{
        .name = "gemma3n", .sliding_period = 5, .layers_with_keys = 20, .roughly_modelled = kGemma3n},
    Architecture{.name = "gemma4", .roughly_modelled = kGemma4},
    Architecture{.name = "grovemoe", .not_modelled = "chunks of experts (grovemoe) are not modelled yet"},
    Architecture{.name = "gemma4-assistant", .not_modelled = kDraft},
    Architecture{.name = "eagle3", .not_modelled = kDraft},
    Architecture{.name = "dflash", .not_modelled = kDraft},
    Architecture{.name = "deepseek32", .not_modelled = kSparse},
    Architecture{.name = "deepseek4", .not_modelled = kSparse},
    Architecture{.name = "glm-dsa", .not_modelled = kSparse},
    Architecture{.name = "dream", .not_modelled = kDiffusion},
    Architecture{.name = "llada", .not_modelled = kDiffusion},
    Architecture{.name = "llada-moe", .not_modelled = kDiffusion},
    Architecture{.name = "rnd1", .not_modelled = kDiffusion},
    Architecture{.name = "rwkv6", .not_modelled = kRecurrent},
    Architecture{.name = "rwkv6qwen2", .not_modelled = kRecurrent},
    Architecture{.name = "rwkv7", .not_modelled = kRecurrent},
    Architecture{.name = "arwkv7", .not_modelled = kRecurrent},
    Architecture{.name = "t5", .not_modelled = kEncoderDecoder},
    Architecture{.name = "t5encoder", .not_modelled = kEncoder},
    Architecture{.name = "bert", .not_modelled = kEncoder},
    Architecture{.name = "modern-bert", .not_modelled = kEncoder},
    Architecture{.name = "nomic-bert", .not_modelled = kEncoder},
    Architecture{.name = "nomic-bert-moe", .not_modelled = kEncoder},
    Architecture{.name = "neo-bert", .not_modelled = kEncoder},
    Architecture{.name = "jina-bert-v2", .not_modelled = kEncoder},
    Architecture{.name = "jina-bert-v3", .not_modelled = kEncoder},
    Architecture{.name = "eurobert", .not_modelled = kEncoder},
    Architecture{.name = "gemma-embedding", .not_modelled = kEncoder, .sliding_period = 6},
    Architecture{.name = "llama-embed", .not_modelled = kEncoder},
    Architecture{.name = "wavtokenizer-dec", .not_modelled = kAudio},
};

}  // namespace

std::optional<Architecture> find_architecture(std::string_view name) {
  const auto special = std::ranges::find(kSpecial, name, &Architecture::name);
  if (special != kSpecial.end()) return *special;
  const auto plain = std::ranges::find(kPlain, name);
  return plain == kPlain.end() ? std::nullopt : std::optional(Architecture{.name = *plain});
}

}  // namespace tokcast

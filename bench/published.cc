#include "bench/published.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <tuple>

#include "base/file.h"
#include "base/json.h"
#include "base/text.h"
#include "bench/csv.h"
#include "forecast/part_family.h"
#include "model/catalogue.h"
#include "model/quant_mix.h"

namespace tokcast {
namespace {

struct Reader {
  Json models;
  Json mixes;
  std::map<std::tuple<std::string, std::string, std::string>, Json> machines{};
  std::map<std::string, std::shared_ptr<const PublishedModel>> known_models{};
};

// A row, or the reason why it is left out.
template <typename Value>
using Kept = std::expected<Value, std::string>;

std::unexpected<std::string> leave_out(std::string reason) {
  return std::unexpected(std::move(reason));
}

Result<Json> read_json(const std::string& path) {
  const auto text = read_file(path);
  return text ? parse_json(*text, path) : std::unexpected(text.error());
}

std::string text_of(const Json& json, std::string_view key) {
  const auto found = json.find(key);
  return found != json.end() && found->is_string() ? found->get<std::string>() : std::string();
}

std::optional<double> number_of(const Json& json, std::string_view key) {
  const auto found = json.find(key);
  return found != json.end() && found->is_number() ? std::optional(found->get<double>()) : std::nullopt;
}

Result<Reader> make_reader(const std::string& directory) {
  const auto models = read_json(directory + "/benchmark_models.json");
  if (!models) return std::unexpected(models.error());
  const auto machines = read_json(directory + "/benchmark_machines.json");
  if (!machines) return std::unexpected(machines.error());
  if (!models->contains("models") || !models->contains("mixes") || !machines->contains("machines")) {
    return fail(ErrorKind::kBadInput, "a table of published names lacks its parts", directory);
  }
  Reader reader{.models = models->at("models"), .mixes = models->at("mixes")};
  for (const Json& machine : machines->at("machines")) {
    const auto key = std::tuple(text_of(machine, "cpu"), text_of(machine, "memory"), text_of(machine, "gpu"));
    reader.machines.emplace(key, machine);
  }
  return reader;
}

// "pp512" -> prefill of 512; "tg" -> decode of 128, the usual length.
std::optional<std::pair<bool, std::uint64_t>> read_test(std::string_view test) {
  const bool prefill = test.starts_with("pp");
  if (!prefill && !test.starts_with("tg")) return std::nullopt;
  if (test == "tg") return std::pair(false, std::uint64_t{128});
  const auto tokens = parse_uint(test.substr(2));
  if (!tokens || *tokens == 0 || *tokens > 4096) return std::nullopt;
  return std::pair(prefill, *tokens);
}

Kept<void> check_trust(const CsvRow& row) {
  if (row.at("core") != "1")
    return leave_out("not the one row of its configuration, or whole-number and crowd figures");
  if (row.at("anomaly") == "1") return leave_out("marked as an anomaly");
  if (row.at("grade") == "C") return leave_out("wall-clock or whole-number figures");
  if (row.at("build").starts_with("ik_llama"))
    return leave_out("a fork with kernels of its own (ik_llama.cpp)");
  static constexpr std::array kOther =
      std::to_array<std::string_view>({"CLBlast", "IPEX-LLM", "Metal (AMD dGPU)"});
  for (const std::string_view backend : kOther) {
    if (row.at("backend") == backend) return leave_out("a back end that llama.cpp does not have today");
  }
  if (row.at("backend").find("+CPU") != std::string::npos)
    return leave_out("part of the model on the processor");
  return {};
}

Bytes embedding_bytes(const Shape& shape) {
  const auto found = std::ranges::find(shape.header.tensors, "token_embd.weight", &Tensor::name);
  return found == shape.header.tensors.end() ? Bytes{} : found->bytes();
}

// Files of the same model and mix differ by a few per cent; more means that the name misleads. Some files
// hold the embedding a second time, as an output matrix; it is read instead of the first.
bool size_agrees(const CsvRow& row, const Shape& shape) {
  constexpr double kTolerance = 0.08;
  const auto told = parse_double(row.at("size_gib"));
  if (!told) return true;
  const auto agrees = [&](double gibi) { return std::abs(gibi / *told - 1) <= kTolerance; };
  const double weights = shape.weight_bytes() / kGibi;
  return agrees(weights) || (shape.tied_output && agrees(weights + embedding_bytes(shape) / kGibi));
}

Kept<std::shared_ptr<const PublishedModel>> model_of(Reader& reader, const CsvRow& row) {
  const std::string id = text_of(reader.models, row.at("model"));
  if (id.empty()) return leave_out("a model without a shape in the catalogue");
  const std::string other = text_of(reader.mixes, row.at("quant"));
  const std::string mix = other.empty() ? row.at("quant") : other;
  auto& known = reader.known_models[id + ":" + mix];
  if (!known) {
    const auto found = find_catalogue_row(id);
    auto header = found ? expand(*found, mix) : std::unexpected(found.error());
    auto shape =
        header ? shape_from_header(std::move(*header), id + ":" + mix) : std::unexpected(header.error());
    if (!shape) return leave_out("a quantisation that llama.cpp's quantiser does not make");
    const ModelKind kind = shape->experts ? ModelKind::kMixture : ModelKind::kDense;
    ModelWork work = model_work(*shape);
    known = std::make_shared<PublishedModel>(std::move(*shape), std::move(work), kind);
  }
  if (!size_agrees(row, known->shape)) return leave_out("a file of another size than the catalogue's");
  return known;
}

Hardware hardware_from(const Json& machine, const KnownPart& part, bool graphics) {
  const auto count = [&machine](std::string_view key) {
    const auto number = number_of(machine, key);
    return number ? std::optional(static_cast<std::uint32_t>(*number)) : std::nullopt;
  };
  Hardware out = graphics ? graphics_hardware(part, count("devices").value_or(1))
                          : processor_hardware(part, count("sockets").value_or(1));
  if (const auto cores = count("cores")) out.cores = cores;
  if (const auto rate = number_of(machine, "bandwidth_gbs")) out.bandwidth = 1e9 * *rate;
  return out;
}

// Names of back ends differ by version and driver; what the kernels are does not.
std::string plain_backend(const std::string& name, const Hardware& hardware) {
  for (const std::string_view plain : {"CUDA", "Vulkan", "SYCL", "ROCm"}) {
    if (name.starts_with(plain)) return std::string(plain);
  }
  return hardware.backend;
}

// Builds from before August 2024 (build 3500) multiply prompts with older kernels.
bool is_old(const CsvRow& row) {
  if (!row.at("year").empty()) return true;  // told where the build is not: 2023 and May 2024
  const std::string& build = row.at("build");
  static constexpr std::array kOld =
      std::to_array<std::string_view>({"llama.cpp 2024-03", "llamafile-0.6", "llamafile-0.7"});
  if (std::ranges::any_of(kOld, [&build](std::string_view old) { return build.starts_with(old); }))
    return true;
  const std::size_t open = build.find('(');
  if (open == std::string::npos) return false;
  const auto number = parse_uint(std::string_view(build).substr(open + 1, build.find(')') - open - 1));
  return number && *number > 1 && *number < 3500;
}

std::vector<std::string> conditions_of(const CsvRow& row) {
  std::vector<std::string> all;
  const std::string& backend = row.at("backend");
  if (backend == "Ollama") all.emplace_back("Ollama");
  if (row.at("build").starts_with("llamafile")) all.emplace_back("llamafile");
  if (backend.find("OpenBLAS") != std::string::npos) all.emplace_back("OpenBLAS");
  const std::string& host = row.at("cpu");
  if (!row.at("gpu").empty() && (host.starts_with("Pi ") || host.starts_with("HiFive")))
    all.emplace_back("slow host");
  if (is_old(row)) all.emplace_back("before 2024-08");
  return all;
}

// What does not fit the cards is read over the bus.
bool part_stays_behind(const CsvRow& row, const KnownPart& part, const Hardware& hardware,
                       const Shape& shape) {
  constexpr double kShareForWeights = 0.97;
  const bool card = hardware.kind == HardwareKind::kGpu && part.video_memory && !part.shares_memory;
  if (card && shape.weight_bytes() / *part.video_memory > kShareForWeights * hardware.devices) return true;
  const auto layers = parse_uint(row.at("ngl"));
  return hardware.kind == HardwareKind::kGpu && layers && *layers < shape.layers.size();
}

Kept<Hardware> hardware_of_row(const Reader& reader, const CsvRow& row, const Shape& shape) {
  const auto found = reader.machines.find(std::tuple(row.at("cpu"), row.at("memory"), row.at("gpu")));
  if (found == reader.machines.end()) return leave_out("hardware that the table of known parts lacks");
  const std::string card = text_of(found->second, "gpu_part");
  const KnownPart* part = card.empty() ? find_cpu(text_of(found->second, "cpu_part")) : find_gpu(card);
  if (part == nullptr) return leave_out("hardware that the table of known parts lacks");
  Hardware out = hardware_from(found->second, *part, !card.empty());
  out.backend = out.kind == HardwareKind::kCpu ? "CPU" : plain_backend(row.at("backend"), out);
  out.group = text_of(found->second, "class");
  out.conditions = conditions_of(row);
  if (const auto threads = parse_uint(row.at("threads")); threads && out.kind == HardwareKind::kCpu) {
    out.threads = static_cast<std::uint32_t>(*threads);
  }
  if (part_stays_behind(row, *part, out, shape)) return leave_out("part of the model on the processor");
  if (!out.bandwidth) return leave_out("hardware whose memory bandwidth is not known");
  return out;
}

// No machine reads its weights faster than its memory can deliver them.
bool beyond_the_ceiling(const PublishedRow& row) {
  if (row.prefill) return false;
  const double read = row.tokens_per_second * static_cast<double>(row.model->shape.decode_bytes().value);
  return read > *row.hardware.bandwidth;
}

Kept<PublishedRow> read_row(Reader& reader, const CsvRow& row) {
  if (const auto trusted = check_trust(row); !trusted) return std::unexpected(trusted.error());
  const auto test = read_test(row.at("test"));
  const auto rate = parse_double(row.at("tokens_per_s"));
  if (!test || !rate || *rate <= 0) return leave_out("not a plain prefill or decode test");
  auto model = model_of(reader, row);
  if (!model) return std::unexpected(model.error());
  auto hardware = hardware_of_row(reader, row, (*model)->shape);
  if (!hardware) return std::unexpected(hardware.error());
  const auto key = std::tuple(row.at("cpu"), row.at("memory"), row.at("gpu"));
  PublishedRow out{.source = row.at("source"),
                   .model = std::move(*model),
                   .hardware = std::move(*hardware),
                   .machine = text_of(reader.machines.at(key), "machine"),
                   .prefill = test->first,
                   .tokens = test->second,
                   .tokens_per_second = *rate};
  if (beyond_the_ceiling(out)) return leave_out("more bytes a second than the memory can deliver");
  return out;
}

}  // namespace

Result<Published> read_published(const std::string& directory) {
  auto reader = make_reader(directory);
  if (!reader) return std::unexpected(reader.error());
  const std::string path = directory + "/benchmarks.csv";
  const auto text = read_file(path);
  if (!text) return std::unexpected(text.error());
  const auto rows = parse_csv(*text, path);
  if (!rows) return std::unexpected(rows.error());
  Published out;
  for (const CsvRow& row : *rows) {
    auto kept = read_row(*reader, row);
    if (kept)
      out.rows.push_back(std::move(*kept));
    else
      ++out.left_out[kept.error()];
  }
  return out;
}

std::string filter_report(const Published& published) {
  std::string text;
  for (const auto& [reason, rows] : published.left_out)
    text += fmt::format("{:6} left out: {}\n", rows, reason);
  return text + fmt::format("{:6} kept\n", published.rows.size());
}

}  // namespace tokcast

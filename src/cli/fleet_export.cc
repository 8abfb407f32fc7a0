#include "cli/fleet_export.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

#include "base/text.h"
#include "machine/rates.h"

namespace tokcast {
namespace {

bool is_alphanumeric(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

// `text` with each run of other characters than letters, digits and those of `also` as one `filler`, none at
// either end.
std::string kept(std::string_view text, std::string_view also, char filler, std::size_t most) {
  std::string out;
  for (const char c : text) {
    const bool keeps = is_alphanumeric(c) || also.find(c) != std::string_view::npos;
    if (keeps) out += c;
    if (!keeps && !out.empty() && out.back() != filler) out += filler;
  }
  out.resize(std::min(out.size(), most));
  while (!out.empty() && !is_alphanumeric(out.back())) out.pop_back();
  const auto begin = std::ranges::find_if(out, is_alphanumeric);
  return {begin, out.end()};
}

// What schedulers choose by: names, and quantities in giga-units.
struct FleetFacts {
  std::vector<std::pair<std::string, std::string>> names{};
  std::vector<std::pair<std::string, double>> gigas{};
};

std::optional<Bytes> largest_card(const GpuSurvey& survey) {
  std::optional<Bytes> out;
  for (const Gpu& gpu : survey.gpus) {
    if (gpu.memory_total && !gpu.integrated) out = std::max(out.value_or(Bytes()), *gpu.memory_total);
  }
  return out;
}

void add_rates(const Rates& rates, FleetFacts& out) {
  if (const auto best = best_bandwidth(rates))
    out.gigas.emplace_back("read-gbps", best->bytes_per_second.median / 1e9);
  if (const auto best = best_dot(rates, "int8"))
    out.gigas.emplace_back("int8-gops", best->operations_per_second.median / 1e9);
}

FleetFacts fleet_facts(const Profile& profile) {
  FleetFacts out;
  out.names.emplace_back("profile", profile.limits.identity());
  if (profile.facts.cpu.microarchitecture)
    out.names.emplace_back("microarchitecture", *profile.facts.cpu.microarchitecture);
  if (profile.facts.cpu.ggml_variant) out.names.emplace_back("ggml-variant", *profile.facts.cpu.ggml_variant);
  for (const Gpu& gpu : profile.gpus.gpus) out.names.emplace_back("gpu", gpu.name);
  if (const auto limit = profile.limits.memory_limit())
    out.gigas.emplace_back("memory-gb", static_cast<double>(limit->bytes.value) / 1e9);
  if (const auto card = largest_card(profile.gpus))
    out.gigas.emplace_back("gpu-memory-gb", static_cast<double>(card->value) / 1e9);
  if (profile.rates) add_rates(*profile.rates, out);
  if (profile.facts.disk.read_rate)
    out.gigas.emplace_back("disk-read-gbps", profile.facts.disk.read_rate->value / 1e9);
  return out;
}

std::string slurm_name(std::string_view text) {
  return lower(kept(text, "", '_', 100));
}

// Each power of two, from 1 on, that `giga` reaches.
void add_classes(const std::string& name, double giga, std::vector<std::string>& out) {
  for (double reached = 1; reached <= giga && reached < 1e9; reached *= 2)
    out.push_back(fmt::format("tokcast_{}_ge_{:.0f}", slurm_name(name), reached));
}

using Labels = std::vector<std::pair<std::string_view, std::string>>;

std::string label_value(std::string_view text) {
  std::string out;
  for (const char c : text) out += (c == '\\' || c == '"') ? std::string("\\") + c : std::string(1, c);
  return out;
}

class Metrics {
 public:
  // Begins a metric; `help` is one line.
  void gauge(std::string_view name, std::string_view help) {
    name_ = name;
    out_ += fmt::format("# HELP tokcast_{0} {1}\n# TYPE tokcast_{0} gauge\n", name, help);
  }
  void value(double number, const Labels& labels = {}) {
    std::vector<std::string> pairs;
    for (const auto& [key, text] : labels) pairs.push_back(fmt::format("{}=\"{}\"", key, label_value(text)));
    out_ += fmt::format("tokcast_{}{} {}\n", name_,
                        pairs.empty() ? "" : fmt::format("{{{}}}", fmt::join(pairs, ",")), number);
  }
  // One without labels, if it is known.
  void known(std::string_view name, std::string_view help, std::optional<double> number) {
    if (!number) return;
    gauge(name, help);
    value(*number);
  }
  std::string take() { return std::move(out_); }

 private:
  std::string_view name_;
  std::string out_;
};

std::optional<double> as_number(const std::optional<Bytes>& bytes) {
  return bytes ? std::optional(static_cast<double>(bytes->value)) : std::nullopt;
}

void add_measured(const Rates& rates, Metrics& out) {
  out.gauge("memory_read_bytes_per_second", "Measured streaming read of main memory, median.");
  for (const BandwidthRate& rate : rates.bandwidth) {
    Labels labels{{"threads", std::to_string(rate.threads)}};
    if (rate.numa_node) labels.emplace_back("numa_node", std::to_string(*rate.numa_node));
    out.value(rate.bytes_per_second.median, labels);
  }
  out.gauge("dot_operations_per_second", "Measured dot products, a multiply-add counted as two, median.");
  for (const DotRate& rate : rates.dot) {
    out.value(rate.operations_per_second.median,
              {{"type", rate.type}, {"path", rate.path}, {"threads", std::to_string(rate.threads)}});
  }
}

void add_cards(const GpuSurvey& survey, Metrics& out) {
  if (std::ranges::none_of(survey.gpus, [](const Gpu& gpu) { return gpu.memory_total.has_value(); })) return;
  out.gauge("gpu_memory_bytes", "Memory of graphics cards.");
  for (std::size_t i = 0; i < survey.gpus.size(); ++i) {
    const Gpu& gpu = survey.gpus[i];
    if (gpu.memory_total)
      out.value(static_cast<double>(gpu.memory_total->value),
                {{"gpu", std::to_string(i)}, {"name", printable(gpu.name)}});
  }
}

}  // namespace

std::string nfd_features(const Profile& profile) {
  constexpr std::size_t kMostOfALabel = 63;
  const FleetFacts facts = fleet_facts(profile);
  std::string out = fmt::format("tokcast-threads={}\n", profile.limits.usable_threads());
  for (const auto& [name, value] : facts.names) {
    // A label has one value: of several cards the first is named.
    if (out.find("tokcast-" + name + "=") == std::string::npos)
      out += fmt::format("tokcast-{}={}\n", name, kept(value, "-._", '-', kMostOfALabel));
  }
  out += fmt::format("tokcast-gpus={}\n", profile.gpus.gpus.size());
  for (const auto& [name, giga] : facts.gigas)
    out += fmt::format("tokcast-{}={:.0f}\n", name, std::floor(giga));
  return out;
}

std::string slurm_features(const Profile& profile) {
  const FleetFacts facts = fleet_facts(profile);
  std::vector<std::string> out;
  for (const auto& [name, value] : facts.names)
    out.push_back(fmt::format("tokcast_{}_{}", slurm_name(name), slurm_name(value)));
  add_classes("threads", profile.limits.usable_threads(), out);
  for (const auto& [name, giga] : facts.gigas) add_classes(name, giga, out);
  return fmt::format("{}\n", fmt::join(out, ","));
}

std::string prometheus_metrics(const Profile& profile, const std::vector<Finding>& findings) {
  const CpuFacts& cpu = profile.facts.cpu;
  Metrics out;
  out.gauge("machine_info", "What this machine is.");
  out.value(1, {{"name", printable(profile.limits.name)},
                {"microarchitecture", printable(cpu.microarchitecture.value_or(""))},
                {"ggml_variant", cpu.ggml_variant.value_or("")},
                {"profile_id", profile.limits.identity()},
                {"version", profile.tool_version}});
  out.known("usable_threads", "Threads that an engine may use.", profile.limits.usable_threads());
  const auto limit = profile.limits.memory_limit();
  out.known("usable_memory_bytes", "Memory that a model may use.",
            limit ? std::optional(static_cast<double>(limit->bytes.value)) : std::nullopt);
  out.known("memory_bytes", "Main memory.", as_number(profile.facts.memory.total));
  if (profile.rates) add_measured(*profile.rates, out);
  const auto& disk = profile.facts.disk.read_rate;
  out.known("disk_read_bytes_per_second", "Measured reading of the disk where models are kept.",
            disk ? std::optional(disk->value) : std::nullopt);
  add_cards(profile.gpus, out);
  out.gauge("findings", "What holds this machine back: `tokcast probe` names it.");
  const auto grave =
      static_cast<std::size_t>(std::ranges::count_if(findings, [](const Finding& f) { return f.grave; }));
  out.value(static_cast<double>(grave), {{"grave", "true"}});
  out.value(static_cast<double>(findings.size() - grave), {{"grave", "false"}});
  if (profile.unix_time > 0)
    out.known("probe_timestamp_seconds", "When this machine was looked at.",
              static_cast<double>(profile.unix_time));
  return out.take();
}

}  // namespace tokcast

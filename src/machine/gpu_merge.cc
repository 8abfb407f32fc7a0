#include "machine/gpu_merge.h"

#include <algorithm>
#include <array>
#include <tuple>

#include "machine/gpu_library.h"

namespace tokcast {
namespace {

struct Candidate {
  GpuAnswer known{};
  std::vector<std::string> sources{};
};

int preference(const GpuSource& source) {
  constexpr std::array<std::string_view, 5> kBestFirst = {"nvml", "rocm-smi", "level-zero", "sysfs",
                                                          "vulkan"};
  return static_cast<int>(std::ranges::find(kBestFirst, source.name) - kBestFirst.begin());
}

bool same_device(const Candidate& candidate, const GpuAnswer& said, const std::string& source) {
  const GpuAnswer& known = candidate.known;
  if (known.pci_address && said.pci_address) return *known.pci_address == *said.pci_address;
  // Two cards of one name are two cards: a source lists each device once.
  if (std::ranges::find(candidate.sources, source) != candidate.sources.end()) return false;
  if (known.name && known.name == said.name) return true;
  const bool integrated = known.integrated.value_or(false) && said.integrated.value_or(false);
  return integrated && known.vendor == said.vendor;
}

// pci.ids gives one entry to several products ("Radeon RX 7900 XT/7900 XTX"); a device number is less still.
bool is_vague(const std::string& name) {
  return name.find('/') != std::string::npos || name.find(" device 0x") != std::string::npos;
}

template <typename T>
void learn(std::optional<T>& known, const std::optional<T>& said) {
  if (!known) known = said;
}

void learn_all(Candidate& candidate, const GpuAnswer& said, const std::string& source) {
  GpuAnswer& known = candidate.known;
  const bool better_name = known.name && said.name && is_vague(*known.name) && !is_vague(*said.name);
  if (!known.name || better_name) known.name = said.name;
  if (!known.memory_total) known.memory_free = said.memory_free;  // both from one source
  learn(known.memory_total, said.memory_total);
  learn(known.memory_free, said.memory_free);
  learn(known.vendor, said.vendor);
  learn(known.pci_address, said.pci_address);
  learn(known.integrated, said.integrated);
  learn(known.driver, said.driver);
  learn(known.compute_capability, said.compute_capability);
  const bool first_word = std::ranges::find(candidate.sources, source) == candidate.sources.end();
  if (first_word) candidate.sources.push_back(source);
}

void add(std::vector<Candidate>& candidates, const GpuAnswer& said, const std::string& source) {
  const auto same = std::ranges::find_if(
      candidates, [&](const Candidate& candidate) { return same_device(candidate, said, source); });
  learn_all(same == candidates.end() ? candidates.emplace_back() : *same, said, source);
}

Gpu to_gpu(Candidate candidate) {
  GpuAnswer& known = candidate.known;
  const bool impossible = known.memory_free && known.memory_total && *known.memory_free > *known.memory_total;
  if (impossible) known.memory_free.reset();
  return {.name = known.name.value_or("unknown GPU"),
          .vendor = known.vendor.value_or("unknown"),
          .pci_address = known.pci_address,
          .integrated = known.integrated.value_or(false),
          .memory_total = known.memory_total,
          .memory_free = known.memory_free,
          .driver = known.driver,
          .compute_capability = known.compute_capability,
          .sources = std::move(candidate.sources)};
}

std::vector<Gpu> join(const std::vector<GpuSource>& sources) {
  std::vector<Candidate> candidates;
  for (const GpuSource& source : sources) {
    if (!source.said) continue;
    for (const GpuAnswer& said : source.said->gpus) add(candidates, said, source.name);
  }
  std::vector<Gpu> gpus;
  for (Candidate& candidate : candidates) gpus.push_back(to_gpu(std::move(candidate)));
  std::ranges::sort(gpus, {}, [](const Gpu& gpu) {
    return std::tuple(!gpu.pci_address, gpu.pci_address.value_or(""), gpu.name);
  });
  return gpus;
}

// That a vendor's library is absent matters only for a card of that vendor that no library knows at all:
// without one of them the engine cannot use it. Integrated processors are left in peace: few gain by them.
void add_absence(const GpuLibrary& library, const Error& error, GpuSurvey& survey) {
  const auto unused = std::ranges::find_if(survey.gpus, [&](const Gpu& gpu) {
    return gpu.vendor == library.vendor && !gpu.integrated &&
           gpu.sources == std::vector<std::string>{"sysfs"};
  });
  if (unused == survey.gpus.end()) return;
  survey.troubles.push_back({library.name, unused->name + " is here, but " + error.message,
                             error.fix.empty() ? library.install : error.fix});
}

void add_troubles(const GpuSource& source, GpuSurvey& survey) {
  const GpuLibrary* library = find_gpu_library(source.name);
  if (library == nullptr) return;  // sysfs has none
  const auto add = [&](const std::string& what, const std::string& fix) {
    survey.troubles.push_back({library->name, what, fix.empty() ? library->check : fix});
  };
  if (source.said) {
    for (const GpuTrouble& trouble : source.said->troubles) add(trouble.what, trouble.fix);
    return;
  }
  const Error& error = source.said.error();
  if (error.kind == ErrorKind::kInterrupted) return;
  if (error.kind == ErrorKind::kNotFound) return add_absence(*library, error, survey);
  add(error.message, error.fix);
}

}  // namespace

GpuSurvey merge_gpus(std::vector<GpuSource> sources, bool windows_gpu) {
  std::ranges::stable_sort(sources, {}, preference);
  GpuSurvey survey{.gpus = join(sources)};
  for (const GpuSource& source : sources) add_troubles(source, survey);
  if (windows_gpu && survey.gpus.empty()) {
    survey.troubles.push_back(
        {"sysfs", "Windows offers its GPU through /dev/dxg, but no driver library here answers for it",
         "Install the GPU's driver in Windows, and see that /usr/lib/wsl/lib exists and `ldconfig -p` lists "
         "it."});
  }
  return survey;
}

}  // namespace tokcast

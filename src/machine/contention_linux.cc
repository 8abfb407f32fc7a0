#include <unistd.h>

#include <algorithm>

#include "base/file.h"
#include "base/text.h"
#include "machine/contention.h"

namespace tokcast {
namespace {

// "some avg10=0.21 avg60=4.27 avg300=2.64 total=23573152" (microseconds), docs: kernel
// Documentation/accounting/psi
std::optional<Seconds> read_pressure(const std::string& root) {
  const auto text = read_line(root + "/proc/pressure/cpu");
  if (!text) return std::nullopt;
  const auto total = text->find("total=");
  if (total == std::string::npos) return std::nullopt;
  const std::string_view rest = std::string_view(*text).substr(total + 6);
  const auto microseconds = parse_uint(rest.substr(0, rest.find_first_of(" \n")));
  return microseconds ? std::optional(Seconds(static_cast<double>(*microseconds) * 1e-6)) : std::nullopt;
}

// "cpu user nice system idle iowait irq softirq steal ..." in clock ticks.
std::optional<Seconds> read_stolen(const std::string& root) {
  const auto text = read_line(root + "/proc/stat");
  if (!text) return std::nullopt;
  std::vector<std::string_view> words;
  for (const std::string_view word : split(split(*text, '\n').front(), ' ')) {
    if (!word.empty()) words.push_back(word);
  }
  if (words.size() < 9 || words[0] != "cpu") return std::nullopt;
  const auto ticks = parse_uint(words[8]);
  return ticks
             ? std::optional(Seconds(static_cast<double>(*ticks) / static_cast<double>(sysconf(_SC_CLK_TCK))))
             : std::nullopt;
}

std::optional<double> share(std::optional<Seconds> before, std::optional<Seconds> after, double of_seconds) {
  if (!before || !after || of_seconds <= 0) return std::nullopt;
  return std::clamp((*after - *before).value / of_seconds, 0.0, 1.0);
}

}  // namespace

ContentionCounters read_contention(const std::string& root) {
  return {read_pressure(root), read_stolen(root)};
}

Contention contention_between(const ContentionCounters& before, const ContentionCounters& after, Seconds wall,
                              std::uint32_t cpus) {
  return {share(before.cpu_pressure, after.cpu_pressure, wall.value),
          share(before.stolen, after.stolen, wall.value * std::max(cpus, 1U))};
}

}  // namespace tokcast

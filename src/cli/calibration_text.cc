#include "cli/calibration_text.h"

#include <fmt/format.h>

#include "base/text.h"
#include "cli/table.h"
#include "forecast/kernel_rates_json.h"
#include "rehearse/samples.h"
#include "rehearse/statistics.h"

namespace tokcast {
namespace {

std::string giga(double per_second) {
  return format_number(per_second / 1e9);
}

std::string type_table(const KernelRates& rates, const Terminal& terminal) {
  std::vector<std::vector<Cell>> rows;
  for (const auto& [type, cost] : rates.types) {
    rows.push_back({{std::string(geometry(type).name)},
                    {giga(decode_bytes_per_second(type, cost))},
                    {giga(operations_per_second(cost, 32))},
                    {giga(operations_per_second(cost, 128))},
                    {giga(operations_per_second(cost, 512))}});
  }
  return format_table({{"type"},
                       {"decode GB/s", true},
                       {"prefill 32", true, 1},
                       {"prefill 128", true},
                       {"prefill 512, GOPS", true}},
                      std::move(rows), terminal);
}

std::string sweep_in_words(const std::optional<ThreadSweep>& sweep) {
  if (!sweep) return "Thread counts were not tried: other programs had the processors.";
  std::string out = fmt::format("Best with {} thread{}", sweep->best(), sweep->best() == 1 ? "" : "s");
  std::string_view before = " (prefill, tokens/s, and decode: ";
  for (const ThreadTrial& trial : sweep->trials) {
    out += fmt::format("{}{} with {}", before,
                       format_number(kSweepPrompt / quiet(values(trial.prefill))) + ", " +
                           format_number(1 / quiet(values(trial.decode))),
                       trial.threads);
    before = "; ";
  }
  return out + ").";
}

std::vector<std::string> efficiency_lines(const std::optional<EngineEfficiency>& efficiency) {
  if (!efficiency) return {"How much of the hardware that is: `tokcast probe`, then this again."};
  const auto percent = [](double share) { return fmt::format("{:.0f} %", 100 * share); };
  std::vector<std::string> out{fmt::format(
      "The engine reaches {} in decode and {} in prefill of what this processor's own rates allow; "
      "its quickest type reads at {} of the bandwidth.",
      percent(efficiency->decode_share), percent(efficiency->prefill_share),
      percent(efficiency->bandwidth_share))};
  if (!efficiency->low) return out;
  if (efficiency->causes.empty()) out.emplace_back("That is low; nothing known of this machine explains it.");
  for (const std::string& cause : efficiency->causes) {
    out.push_back("That is low, likely because " + printable(cause) + ".");
  }
  return out;
}

}  // namespace

std::string calibration_page(const Calibration& calibration, const KernelRates& rates,
                             const std::optional<ThreadSweep>& sweep,
                             const std::optional<EngineEfficiency>& efficiency, const Terminal& terminal) {
  std::string out =
      fmt::format("{}: {} types of weights with {} threads, {}", printable(calibration.machine_name),
                  rates.types.size(), rates.threads, printable(calibration.engine_version));
  out = wrapped(out, terminal.width) + "\n\n" + type_table(rates, terminal);
  out += fmt::format("\nA step costs {} µs and each layer {} µs besides its weights.\n",
                     format_number(1e6 * rates.step_seconds), format_number(1e6 * rates.layer_seconds));
  out += "\n" + wrapped(sweep_in_words(sweep), terminal.width) + "\n";
  for (const std::string& line : efficiency_lines(efficiency)) out += wrapped(line, terminal.width) + "\n";
  if (calibration.busy()) {
    const std::string busy = fmt::format(
        "Other programs had {:.0f} % of the processor time that this asked for: nothing can be promised from "
        "it. Close them or wait; asking again calibrates anew.",
        100 * rates.taken_by_others.value_or(0));
    out += "\n" + wrapped(busy, terminal.width) + "\n";
  }
  for (const RefusedType& one : calibration.refused) {
    out += fmt::format("{}: {}\n", geometry(one.type).name, printable(one.reason));
  }
  return out + "\nNext: tokcast forecast llama-3.1-8b-instruct\n";
}

}  // namespace tokcast

#include "cli/calibration_text.h"

#include <fmt/format.h>

#include "base/text.h"
#include "cli/table.h"
#include "forecast/kernel_rates_json.h"

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

}  // namespace

std::string calibration_page(const Calibration& calibration, const KernelRates& rates,
                             const Terminal& terminal) {
  std::string out =
      fmt::format("{}: {} types of weights with {} threads, {}\n\n", printable(calibration.machine_name),
                  rates.types.size(), rates.threads, printable(calibration.engine_version));
  out += type_table(rates, terminal);
  out += fmt::format("\nA step costs {} µs and each layer {} µs besides its weights.\n",
                     format_number(1e6 * rates.step_seconds), format_number(1e6 * rates.layer_seconds));
  for (const RefusedType& one : calibration.refused) {
    out += fmt::format("{}: {}\n", geometry(one.type).name, printable(one.reason));
  }
  return out + "\nNext: tokcast forecast llama-3.1-8b-instruct\n";
}

}  // namespace tokcast

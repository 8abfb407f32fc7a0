// Tables of x86 processors by their numbers. Part of microarchitecture.cc and microarchitecture_other.cc.
#ifndef TOKCAST_MACHINE_X86_MODEL_RANGE_H_
#define TOKCAST_MACHINE_X86_MODEL_RANGE_H_

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "machine/microarchitecture.h"

namespace tokcast {

struct ModelRange {
  std::uint32_t family;
  std::uint32_t first_model;
  std::uint32_t last_model;
  std::uint32_t first_stepping;
  std::uint32_t last_stepping;
  std::string_view name;
};

constexpr std::uint32_t kAnyStepping = 0xFF;

// nullopt: none of the table.
template <std::size_t kSize>
std::optional<std::string> find_model(const std::array<ModelRange, kSize>& table, const X86Model& model) {
  const auto found = std::ranges::find_if(table, [&model](const ModelRange& range) {
    return model.family == range.family && model.model >= range.first_model &&
           model.model <= range.last_model && model.stepping >= range.first_stepping &&
           model.stepping <= range.last_stepping;
  });
  return found == table.end() ? std::nullopt : std::optional<std::string>(found->name);
}

}  // namespace tokcast

#endif  // TOKCAST_MACHINE_X86_MODEL_RANGE_H_

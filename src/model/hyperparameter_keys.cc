#include "model/hyperparameter_keys.h"

#include <algorithm>
#include <functional>

namespace tokcast {

std::string HyperparameterKeys::key(std::string_view suffix) const {
  return row_.architecture + "." + std::string(suffix);
}

void HyperparameterKeys::add(std::string_view suffix, std::uint32_t number) {
  add_pair(gguf_uint32(key(suffix), number));
}

void HyperparameterKeys::add_real(std::string_view suffix, float number) {
  add_pair(gguf_float32(key(suffix), number));
}

void HyperparameterKeys::add_flag(std::string_view suffix, bool flag) {
  add_pair(gguf_bool(key(suffix), flag));
}

void HyperparameterKeys::add_flags(std::string_view suffix, const std::vector<bool>& flags) {
  add_pair(gguf_bool_array(key(suffix), flags));
}

void HyperparameterKeys::add_array(std::string_view suffix, const std::vector<std::uint32_t>& numbers) {
  add_pair(gguf_int32_array(key(suffix), std::vector<std::int32_t>(numbers.begin(), numbers.end())));
}

void HyperparameterKeys::add_per_layer(std::string_view suffix, const std::vector<std::uint32_t>& numbers) {
  if (numbers.empty()) return;
  const bool all_alike = std::ranges::adjacent_find(numbers, std::ranges::not_equal_to{}) == numbers.end();
  if (all_alike) return add(suffix, numbers.front());
  add_array(suffix, numbers);
}

std::optional<std::uint32_t> HyperparameterKeys::fact(std::string_view name) const {
  const auto found = row_.tensor_flags.find(name);
  if (found == row_.tensor_flags.end() || !found->is_number_unsigned()) return std::nullopt;
  return found->get<std::uint32_t>();
}

std::string HyperparameterKeys::pattern() const {
  const auto found = row_.tensor_flags.find("pattern");
  if (found == row_.tensor_flags.end() || !found->is_string()) return {};
  return found->get<std::string>();
}

}  // namespace tokcast

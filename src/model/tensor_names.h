// What follows from a tensor's name alone, worked out once for each name that differs in more than the layer.
//
// A model of 80 layers has a thousand tensors and a dozen kinds of names; looking for a dozen words in each
// of the thousand took most of the time of making a shape.
#ifndef TOKCAST_MODEL_TENSOR_NAMES_H_
#define TOKCAST_MODEL_TENSOR_NAMES_H_

#include <cstddef>
#include <string_view>
#include <utility>
#include <vector>

namespace tokcast {

// "attn_k.weight" of "blk.7.attn_k.weight"; the whole of a name that is not of that form.
std::string_view name_in_layer(std::string_view name);

// Facts that do not depend on the number of the layer. The names given must outlive it.
template <typename Facts, typename WorkOut>
class FactsByName {
 public:
  // `work_out` takes a tensor's whole name.
  explicit FactsByName(WorkOut work_out) : work_out_(std::move(work_out)) {}

  const Facts& of(std::string_view name) {
    const std::string_view key = name_in_layer(name);
    // Layers repeat: what follows is mostly what followed last time.
    if (next_ < known_.size() && known_[next_].first == key) return known_[next_++].second;
    for (std::size_t i = 0; i < known_.size(); ++i) {
      if (known_[i].first != key) continue;
      next_ = i + 1;
      return known_[i].second;
    }
    known_.emplace_back(key, work_out_(name));
    next_ = known_.size();
    return known_.back().second;
  }

 private:
  WorkOut work_out_;
  std::vector<std::pair<std::string_view, Facts>> known_;
  std::size_t next_ = 0;
};

template <typename WorkOut>
auto facts_by_name(WorkOut work_out) {
  return FactsByName<decltype(work_out(std::string_view())), WorkOut>(std::move(work_out));
}

}  // namespace tokcast

#endif  // TOKCAST_MODEL_TENSOR_NAMES_H_

#include "forecast/offload.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace tokcast {
namespace {

// Bytes a second from main memory to a card while the engine reads a prompt. llama.cpp maps the file, so that
// its copies are not of pinned memory: 4.5 GB/s was seen where pinned copies reached 12.7
// (github.com/ggml-org/llama.cpp/pull/16000), 6 on a fourth-generation link
// (github.com/efeslab/fiddler/issues/7); pinned copies on that link reach 24.7 (ibid.). Which of these holds
// for a machine nobody has told us.
constexpr Interval<double> kLink{4.5e9, 10e9, 24.7e9};

Interval<Seconds> carried(double bytes) {
  return {Seconds(bytes / kLink.high), Seconds(bytes / kLink.expected), Seconds(bytes / kLink.low)};
}

Interval<double> joined(const Timings& a, const Timings& b) {
  const double first = a.decode.front().duration.expected.value;
  const double second = b.decode.front().duration.expected.value;
  const Interval<double>& x = a.parallel->growth;
  const Interval<double>& y = b.parallel->growth;
  const auto mean = [&](double p, double q) { return (p * first + q * second) / (first + second); };
  return {mean(x.low, y.low), mean(x.expected, y.expected), mean(x.high, y.high)};
}

// The same points of two parts, one after the other.
void add_part(Timings& sum, const Timings& part) {
  if (sum.parallel && part.parallel) sum.parallel->growth = joined(sum, part);
  for (std::size_t i = 0; i < sum.prefill.size(); ++i) {
    sum.prefill[i].duration = sum.prefill[i].duration + part.prefill[i].duration;
  }
  for (std::size_t i = 0; i < sum.decode.size(); ++i) {
    sum.decode[i].duration = sum.decode[i].duration + part.decode[i].duration;
  }
  sum.evidence = std::min(sum.evidence, part.evidence);
}

// Layers `first` to `all` - 1 and the output are spread by the cards' memories.
std::vector<LayerRange> ranges_of(std::span<const CardRates> cards, std::uint32_t first, std::uint32_t all) {
  const auto add = [](double sum, const CardRates& card) { return sum + card.weight; };
  const double total = std::accumulate(cards.begin(), cards.end(), 0.0, add);
  std::vector<LayerRange> out;
  double done = 0;
  std::uint32_t begin = first;
  for (const CardRates& card : cards) {
    done += card.weight;
    const bool last = &card == &cards.back();
    const auto end = first + static_cast<std::uint32_t>(std::lround((all - first) * done / total));
    out.push_back({begin, last ? all : end, first == 0 && begin == 0, last});
    begin = end;
  }
  return out;
}

// What the processor has: decoded by itself, read with the first card's help.
Result<Timings> processor_part(const Shape& shape, const Workload& workload, const LayerRange& range,
                               const CardRates& card, const KernelRates& processor) {
  const ModelWork work = model_work(shape, range);
  auto out = timings_from_rates(work, shape, processor, workload.sessions);
  if (!out) return out;
  const auto helped = timings_from_rates(work, shape, card.rates, workload.sessions);
  if (!helped) return helped;
  const double activations = card.shares_memory ? 0 : double{4} * shape.embedding_length;  // F32
  for (std::size_t i = 0; i < out->prefill.size(); ++i) {
    const auto tokens = static_cast<double>(out->prefill[i].tokens);
    const double weights = card.shares_memory ? 0 : weight_bytes_met(work, tokens);
    out->prefill[i].duration = helped->prefill[i].duration + carried(weights + tokens * activations);
  }
  for (DecodePoint& point : out->decode) point.duration = point.duration + carried(activations);
  return out;
}

std::string source_of(const Shape& shape, std::uint32_t first, std::span<const CardRates> cards,
                      const KernelRates& processor) {
  const std::size_t all = shape.layers.size();
  return fmt::format("layers {} to {} of {} {} ({}), the others on the processor {} ({})", first + 1, all,
                     all, cards.front().rates.source, evidence_name(cards.front().rates.evidence),
                     processor.source, evidence_name(processor.evidence));
}

}  // namespace

Result<Timings> timings_on_cards(const Shape& shape, const Workload& workload,
                                 std::span<const CardRates> cards,
                                 const std::optional<KernelRates>& processor) {
  if (cards.empty()) return fail(ErrorKind::kUsage, "there is no graphics card", "--gpu-layers");
  const auto all = static_cast<std::uint32_t>(shape.layers.size());
  const std::uint32_t first = first_layer_on_card(shape, workload.gpu_layers);
  if (first > 0 && !processor) {
    return fail(ErrorKind::kUnsupported, "nothing is known of the processor, which has a part of the layers",
                shape.id, "Name it too: --machine \"Ryzen 9 7950X 64GB gpu RTX 4090\".");
  }
  const std::vector<LayerRange> ranges = ranges_of(cards, first, all);
  std::optional<Timings> sum;
  for (std::size_t i = 0; i < cards.size(); ++i) {
    auto part = timings_from_rates(model_work(shape, ranges[i]), shape, cards[i].rates, workload.sessions);
    if (!part) return part;
    if (sum) add_part(*sum, *part);
    if (!sum) sum = std::move(*part);
  }
  if (first == 0) return std::move(*sum);
  const LayerRange rest{.first = 0, .end = first, .input = true, .output = false};
  const auto part = processor_part(shape, workload, rest, cards.front(), *processor);
  if (!part) return part;
  add_part(*sum, *part);
  sum->source = source_of(shape, first, cards, *processor);
  sum->threads = processor->threads;
  return std::move(*sum);
}

}  // namespace tokcast

#include "speech/resampler.h"

#include <fmt/format.h>
#include <speex/speex_resampler.h>

#include <algorithm>

#include "speech/speech.h"

namespace tokcast {
namespace {

// Of 0 to 10. 5 keeps what is folded back some 80 dB down, which is more than 16-bit speech shows.
constexpr int kQuality = 5;
constexpr std::size_t kAtOnce = 4096;

bool is_taken(std::uint32_t rate) {
  return rate >= kLowestRate && rate <= kHighestRate;
}

}  // namespace

void Resampler::Destroy::operator()(SpeexResamplerState_* state) const {
  speex_resampler_destroy(state);
}

Result<Resampler> Resampler::make(std::uint32_t from, std::uint32_t to) {
  if (!is_taken(from) || !is_taken(to)) {
    return fail(ErrorKind::kBadInput, fmt::format("from {} to {} samples a second: {} to {} are taken", from,
                                                  to, kLowestRate, kHighestRate));
  }
  Resampler out(from, to);
  if (from == to) return out;
  out.state_.reset(speex_resampler_init(1, from, to, kQuality, nullptr));
  if (!out.state_) return fail(ErrorKind::kIo, "there is no memory for a resampler");
  speex_resampler_skip_zeros(out.state_.get());
  return out;
}

void Resampler::process(std::span<const std::int16_t> samples, std::vector<std::int16_t>& out) {
  while (!samples.empty()) {
    auto used = static_cast<spx_uint32_t>(std::min(samples.size(), kAtOnce));
    auto made = static_cast<spx_uint32_t>(std::uint64_t{used} * to_ / from_ + 16);
    const std::size_t before = out.size();
    out.resize(before + made);
    speex_resampler_process_int(state_.get(), 0, samples.data(), &used, out.data() + before, &made);
    out.resize(before + made);
    samples = samples.subspan(used);
  }
}

std::vector<std::int16_t> Resampler::feed(std::span<const std::int16_t> samples) {
  if (!state_) return {samples.begin(), samples.end()};
  std::vector<std::int16_t> out;
  process(samples, out);
  taken_ += samples.size();
  given_ += out.size();
  return out;
}

std::vector<std::int16_t> Resampler::finish() {
  if (!state_) return {};
  const std::vector<std::int16_t> quiet(
      static_cast<std::size_t>(speex_resampler_get_input_latency(state_.get())) + from_ / kLowestRate + 1);
  std::vector<std::int16_t> out;
  process(quiet, out);
  const std::uint64_t due = (taken_ * to_ + from_ / 2) / from_;
  out.resize(due > given_ ? due - given_ : 0);
  taken_ = given_ = 0;
  speex_resampler_reset_mem(state_.get());
  speex_resampler_skip_zeros(state_.get());
  return out;
}

}  // namespace tokcast

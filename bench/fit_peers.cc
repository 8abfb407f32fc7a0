#include "bench/fit_peers.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>

#include "base/statistics.h"
#include "bench/plot.h"

namespace tokcast {
namespace {

constexpr std::string_view kOurs = "tokcast, looked up";

// Rows that are judged together.
struct Part {
  std::string_view title;
  std::string_view file;
  HardwareKind kind;
  bool prefill;

  bool holds(const RowError& error) const {
    const PublishedRow& row = *error.row;
    return row.model->kind == ModelKind::kDense && row.hardware.kind == kind && row.prefill == prefill;
  }
};

constexpr std::array kParts{Part{"Decode on processors", "decode-processors", HardwareKind::kCpu, false},
                            Part{"Decode on graphics cards", "decode-graphics", HardwareKind::kGpu, false},
                            Part{"Prefill on processors", "prefill-processors", HardwareKind::kCpu, true},
                            Part{"Prefill on graphics cards", "prefill-graphics", HardwareKind::kGpu, true}};

// Tokens/s of one row: measured, said by a peer, said by us.
struct Answered {
  double measured = 0;
  double peer = 0;
  double ours = 0;
};

double our_answer(const RowError& error) {
  return error.row->tokens_per_second * std::exp(error.log);
}

std::vector<Answered> answers_of(const Part& part, const Peer& peer, const std::vector<RowError>& errors) {
  std::vector<Answered> out;
  for (const RowError& error : errors) {
    if (!part.holds(error)) continue;
    const PeerAnswer answer = peer.answer(question_of(*error.row));
    const auto said = part.prefill ? answer.prefill : answer.decode;
    if (said) out.push_back({error.row->tokens_per_second, *said, our_answer(error)});
  }
  return out;
}

std::vector<Answered> our_answers(const Part& part, const std::vector<RowError>& errors) {
  std::vector<Answered> out;
  for (const RowError& error : errors) {
    if (part.holds(error))
      out.push_back({error.row->tokens_per_second, our_answer(error), our_answer(error)});
  }
  return out;
}

// Of answers against measurements, in percent.
struct Errors {
  double median = 0;
  double ninetieth = 0;
  double near = 0;  // within 30 %
};

Errors errors_of(const std::vector<Answered>& rows, double Answered::* said) {
  std::vector<double> errors;
  for (const Answered& row : rows) errors.push_back(100 * std::abs(row.*said / row.measured - 1));
  const auto near = std::ranges::count_if(errors, [](double error) { return error <= 30; });
  return {quantile(errors, 0.5), quantile(errors, 0.9),
          100 * static_cast<double>(near) / static_cast<double>(errors.size())};
}

std::string words(const Errors& errors) {
  return fmt::format("{:.0f} % | {:.0f} % | {:.0f} %", errors.median, errors.ninetieth, errors.near);
}

std::string line(const Part& part, std::string_view name, const std::vector<Answered>& rows) {
  if (rows.empty()) return "";
  return fmt::format("| {} | {} | {} | {} | {} |\n", part.title, name, rows.size(),
                     words(errors_of(rows, &Answered::peer)), words(errors_of(rows, &Answered::ours)));
}

ErrorBar bar(std::string_view name, const std::vector<Answered>& rows) {
  const Errors errors = errors_of(rows, &Answered::peer);
  return {std::string(name), errors.median, errors.ninetieth, rows.size(), name == kOurs};
}

ScatterSeries series(std::string_view name, const std::vector<Answered>& rows) {
  ScatterSeries out{.name = std::string(name)};
  for (const Answered& row : rows) out.points.push_back({row.measured, row.peer});
  return out;
}

}  // namespace

PeerQuestion question_of(const PublishedRow& row) {
  constexpr double kBillion = 1e9;
  const Hardware& hardware = row.hardware;
  const Shape& shape = row.model->shape;
  PeerQuestion out;
  for (const Tensor& tensor : shape.header.tensors)
    out.model.billions += double(tensor.elements()) / kBillion;
  out.model.active_billions = out.model.billions;
  double experts = 0;
  for (const MatrixWork& matrix : row.model->work.matrices) {
    const double used = matrix.experts_used / matrix.experts;
    out.model.active_billions -= matrix.parameters * (1 - used) / kBillion;
    if (matrix.experts > 1) experts += matrix.parameters * used / kBillion;
  }
  if (shape.experts) out.model.active_expert_billions = experts;
  out.model.experts = shape.experts;
  out.model.experts_used = shape.experts_used;
  out.model.quantization = shape.quantization;
  out.model.file = shape.weight_bytes();
  const auto bandwidth =
      hardware.bandwidth ? std::optional(BytesPerSecond(*hardware.bandwidth)) : std::nullopt;
  const bool shares = hardware.group == "apple" || hardware.group == "igpu";
  if (hardware.kind == HardwareKind::kGpu) {
    out.gpu = PeerGpu{.name = hardware.part,
                      .vendor = hardware.vendor,
                      .backend = hardware.backend,
                      .bandwidth = bandwidth,
                      .fp16_teraflops = hardware.fp16_teraflops,
                      .shares_memory = shares};
  } else {
    out.cpu = {.brand = hardware.part,
               .arm64 = hardware.group == "sbc" || hardware.group == "apple",
               .cores = hardware.cores,
               .gigahertz = hardware.gigahertz,
               .specified_bandwidth = bandwidth,
               .teraflops = hardware.fp32_teraflops};
  }
  return out;
}

std::string peer_table(const std::vector<RowError>& errors) {
  std::string text =
      "| dense models | forecaster | rows | median error | 90th percentile | within 30 % | tokcast on these "
      "rows: "
      "median error | 90th percentile | within 30 % |\n|---|---|---|---|---|---|---|---|---|\n";
  for (const Part& part : kParts) {
    text += line(part, kOurs, our_answers(part, errors));
    for (const Peer& peer : peers()) text += line(part, peer.name, answers_of(part, peer, errors));
  }
  return text;
}

std::map<std::string, std::string> peer_plots(const std::vector<RowError>& errors) {
  std::map<std::string, std::string> out;
  for (const Part& part : kParts) {
    const auto ours = our_answers(part, errors);
    if (ours.empty()) continue;
    ErrorPlot bars{.title = fmt::format("{}: error of the forecast", part.title), .bars = {bar(kOurs, ours)}};
    ScatterPlot scatter{.title = std::string(part.title),
                        .quantity = part.prefill ? "prefill" : "decode",
                        .unit = "tokens/s",
                        .series = {series(kOurs, ours)}};
    for (const Peer& peer : peers()) {
      const auto rows = answers_of(part, peer, errors);
      if (rows.empty()) continue;
      bars.bars.push_back(bar(peer.name, rows));
      if (scatter.series.size() < 3) scatter.series.push_back(series(peer.name, rows));
    }
    out[fmt::format("errors-{}.svg", part.file)] = error_bars_svg(bars);
    if (!part.prefill) out[fmt::format("forecasts-{}.svg", part.file)] = scatter_svg(scatter);
  }
  return out;
}

}  // namespace tokcast

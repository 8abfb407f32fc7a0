#include "engine/batched_bench.h"

#include <fmt/format.h>

#include <cmath>
#include <filesystem>
#include <optional>

#include "base/child.h"
#include "base/json.h"
#include "base/text.h"
#include "engine/bench_parse.h"

namespace tokcast {
namespace {

constexpr JsonLimits kLineLimits{.size = kMebi, .depth = 8};

std::unexpected<Error> odd_answer(const std::string& what) {
  return fail(ErrorKind::kEngineFailed, "llama-batched-bench answered something else than asked: " + what, "",
              "Check with `tokcast engine list` which llama.cpp answers here.");
}

std::vector<std::string> arguments_of(const Engine& engine, const BatchedRequest& request) {
  const std::uint64_t context = std::uint64_t{request.sessions} * (request.prompt + request.generate);
  return {engine.executable("batched-bench"),
          "-m",
          request.model_path,
          "-c",
          std::to_string(context),
          "-npp",
          std::to_string(request.prompt),
          "-ntg",
          std::to_string(request.generate),
          "-npl",
          std::to_string(request.sessions),
          "-t",
          std::to_string(request.threads),
          "-ngl",
          std::to_string(request.gpu_layers),
          "--output-format",
          "jsonl"};
}

std::optional<double> number_at(const Json& object, const char* key) {
  const auto found = object.find(key);
  if (found == object.end() || !found->is_number()) return std::nullopt;
  const auto value = found->get<double>();
  return std::isfinite(value) && value >= 0 ? std::optional(value) : std::nullopt;
}

Result<BatchedSample> run_once(const Engine& engine, const BatchedRequest& request) {
  ChildOptions options{.arguments = arguments_of(engine, request),
                       .environment = {{"GGML_NO_BACKTRACE", "1"}}};
  options.deadline = request.deadline;
  const auto child = run_child(options);
  if (!child) return std::unexpected(child.error());
  if (child->exit_code != 0 || child->timed_out || child->output_overflowed) {
    std::string message = "llama-batched-bench " + describe_end(*child, options);
    if (const std::string words = last_words(child->standard_error); !words.empty()) message += ": " + words;
    return fail(ErrorKind::kEngineFailed, std::move(message), options.arguments.front(),
                "Try fewer sessions, or a shorter turn.");
  }
  return parse_batched_output(child->standard_output, request);
}

}  // namespace

Result<BatchedSample> parse_batched_output(std::string_view text, const BatchedRequest& request) {
  for (const std::string_view line : split(text, '\n')) {
    if (!trim(line).starts_with('{')) continue;  // it talks on standard output as well
    const auto json = parse_json(line, "llama-batched-bench", kLineLimits);
    if (!json || !json->is_object()) return odd_answer("no JSON object");
    const bool asked = number_at(*json, "pp") == request.prompt &&
                       number_at(*json, "tg") == request.generate &&
                       number_at(*json, "pl") == request.sessions;
    if (!asked) return odd_answer("another test");
    const auto prefill = number_at(*json, "t_pp");
    const auto decode = number_at(*json, "t_tg");
    if (!prefill || !decode || *prefill + *decode <= 0) return odd_answer("a time that is none");
    return BatchedSample{Seconds(*prefill), Seconds(*decode)};
  }
  return odd_answer("no result");
}

Result<void> check_batched_bench(const Engine& engine) {
  std::error_code error;
  if (std::filesystem::exists(engine.executable("batched-bench"), error)) return {};
  return fail(ErrorKind::kNotFound, "this llama.cpp has no llama-batched-bench, which times several sessions",
              engine.directory, "`tokcast engine install` makes one that has it.");
}

Result<BatchedRun> run_batched_bench(const Engine& engine, const BatchedRequest& request) {
  if (request.prompt + request.generate == 0 || request.sessions == 0 || request.repetitions == 0)
    return fail(ErrorKind::kUsage, "nothing to time was named", "sessions at once");
  if (auto there = check_batched_bench(engine); !there) return std::unexpected(there.error());
  BatchedRun out{.sessions = request.sessions, .prompt = request.prompt, .generate = request.generate};
  for (std::uint32_t i = 0; i < request.repetitions; ++i) {
    auto sample = run_once(engine, request);
    if (!sample) return std::unexpected(sample.error());
    out.samples.push_back(*sample);
  }
  return out;
}

}  // namespace tokcast

#include "engine/bench_parse.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>

#include "base/json.h"
#include "base/text.h"

namespace tokcast {
namespace {

constexpr JsonLimits kLineLimits{.size = kMebi, .depth = 8};
constexpr std::size_t kWordsLimit = 300;
constexpr std::string_view kFix = "Check with `tokcast engine list` which llama.cpp answers here.";

std::unexpected<Error> bad_line(std::size_t number, const std::string& what) {
  return fail(ErrorKind::kEngineFailed, "llama-bench answered something that is not a result: " + what,
              fmt::format("line {} of its output", number), std::string(kFix));
}

// The fields of one object; remembers the first that is missing or of another type.
class Fields {
 public:
  explicit Fields(const Json& object) : object_(object) {}

  std::uint64_t number(const char* key) {
    const Json* field = find(key);
    if (field != nullptr && field->is_number_unsigned()) return field->get<std::uint64_t>();
    blame(key, "a non-negative whole number");
    return 0;
  }

  std::uint32_t small_number(const char* key) {
    const std::uint64_t value = number(key);
    if (value > UINT32_MAX) blame(key, "below 2^32");
    return static_cast<std::uint32_t>(value);
  }

  std::string text(const char* key) {
    const Json* field = find(key);
    if (field != nullptr && field->is_string()) return printable(field->get<std::string>());
    blame(key, "a text");
    return {};
  }

  std::vector<Seconds> samples(const char* key) {
    std::vector<Seconds> out;
    const Json* field = find(key);
    const bool list = field != nullptr && field->is_array() && !field->empty();
    if (!list) blame(key, "a list that is not empty");
    for (std::size_t i = 0; list && i < field->size(); ++i) {
      const Json& sample = (*field)[i];
      const bool positive = sample.is_number_unsigned() && sample.get<std::uint64_t>() > 0;
      if (!positive) blame(key, "a list of positive whole numbers");
      if (positive) out.emplace_back(static_cast<double>(sample.get<std::uint64_t>()) * 1e-9);
    }
    return out;
  }

  const std::string& complaint() const { return complaint_; }

 private:
  const Json* find(const char* key) const {
    const auto found = object_.find(key);
    return found == object_.end() ? nullptr : &*found;
  }
  void blame(const char* key, const char* expected) {
    if (complaint_.empty()) complaint_ = fmt::format("{} is not {}", key, expected);
  }

  const Json& object_;
  std::string complaint_;
};

Result<BenchLine> parse_line(std::string_view text, std::size_t number) {
  const auto json = parse_json(text, "llama-bench", kLineLimits);
  if (!json) return bad_line(number, json.error().message);
  if (!json->is_object()) return bad_line(number, "not a JSON object");
  Fields fields(*json);
  BenchLine line;
  line.samples.test = {.prompt = fields.small_number("n_prompt"),
                       .generate = fields.small_number("n_gen"),
                       .depth = fields.small_number("n_depth")};
  line.samples.samples = fields.samples("samples_ns");
  line.threads = fields.number("n_threads");
  line.batch = fields.number("n_batch");
  line.micro_batch = fields.number("n_ubatch");
  line.build = fields.number("build_number");
  line.cpu = fields.text("cpu_info");
  line.backends = fields.text("backends");
  if (!fields.complaint().empty()) return bad_line(number, fields.complaint());
  return line;
}

std::string name_of(const BenchTest& test) {
  return fmt::format("prompt {}, generate {}, depth {}", test.prompt, test.generate, test.depth);
}

std::unexpected<Error> other_answer(const std::string& what) {
  return fail(ErrorKind::kEngineFailed, "llama-bench answered something else than asked: " + what, "",
              std::string(kFix));
}

Result<void> check_line(const BenchLine& line, const BenchRequest& request) {
  struct Echo {
    const char* name;
    std::uint64_t asked;
    std::uint64_t got;
  };
  const std::array<Echo, 4> echoes{{{"threads", request.threads, line.threads},
                                    {"batch", request.batch, line.batch},
                                    {"micro-batch", request.micro_batch, line.micro_batch},
                                    {"repetitions", request.repetitions, line.samples.samples.size()}}};
  for (const Echo& echo : echoes) {
    if (echo.asked != echo.got) {
      return other_answer(fmt::format("{} {} instead of {} ({})", echo.name, echo.got, echo.asked,
                                      name_of(line.samples.test)));
    }
  }
  return {};
}

// Talk that comes with every run and explains nothing.
bool is_noise(std::string_view line) {
  constexpr std::array<std::string_view, 5> kNoise{"failed to enumerate", "load_backend: loaded",
                                                   "usage:", "~llama_context", "llama_perf"};
  return std::ranges::any_of(kNoise, [&](auto noise) { return line.find(noise) != std::string_view::npos; });
}

// These name the cause; the lines after them only say that something failed.
bool names_the_cause(std::string_view line) {
  constexpr std::array<std::string_view, 2> kCauses{"error loading model:", "GGML_ASSERT("};
  return std::ranges::any_of(kCauses, [&](auto cause) { return line.find(cause) != std::string_view::npos; });
}

// One "<device> <kind> buffer size = <n> MiB" line.
struct BufferLine {
  std::string device;
  double mebibytes = 0;
};

// "llama_kv_cache:        CPU KV buffer size =     0.50 MiB" with kind " KV buffer size = ".
std::optional<BufferLine> parse_buffer_line(std::string_view line, std::string_view kind) {
  const auto at = line.find(kind);
  const auto colon = line.find(": ");
  if (at == std::string_view::npos || colon >= at) return std::nullopt;
  const auto amount = trim(line.substr(at + kind.size()));
  if (!amount.ends_with(" MiB")) return std::nullopt;
  const auto number = parse_double(trim(amount.substr(0, amount.size() - 4)));
  if (!number || *number < 0) return std::nullopt;
  return BufferLine{std::string(trim(line.substr(colon + 1, at - colon - 1))), *number};
}

struct ContextBuffers {
  std::map<std::string, double> compute;  // by device: a later reservation replaces an earlier one
  std::optional<double> kv;               // every cache of the context adds up
};

void keep_larger(std::optional<Bytes>& kept, std::optional<double> mebibytes) {
  if (!mebibytes) return;
  const Bytes bytes(static_cast<std::uint64_t>(*mebibytes * static_cast<double>(kMebi.value)));
  kept = kept ? std::max(*kept, bytes) : bytes;
}

void keep_larger(BufferSizes& kept, const ContextBuffers& context) {
  double compute = 0;
  for (const auto& [device, mebibytes] : context.compute) compute += mebibytes;
  keep_larger(kept.compute, context.compute.empty() ? std::nullopt : std::optional(compute));
  keep_larger(kept.kv, context.kv);
}

}  // namespace

Result<std::vector<BenchLine>> parse_bench_output(std::string_view text) {
  std::vector<BenchLine> lines;
  std::size_t number = 0;
  for (const std::string_view line : split(text, '\n')) {
    ++number;
    if (trim(line).empty()) continue;
    auto parsed = parse_line(line, number);
    if (!parsed) return std::unexpected(parsed.error());
    lines.push_back(std::move(*parsed));
  }
  return lines;
}

Result<void> check_answer(const std::vector<BenchLine>& lines, const std::vector<BenchTest>& tests,
                          const BenchRequest& request) {
  std::vector<BenchTest> missing = tests;
  for (const BenchLine& line : lines) {
    const auto found = std::ranges::find(missing, line.samples.test);
    if (found == missing.end()) return other_answer("a test nobody asked for, " + name_of(line.samples.test));
    missing.erase(found);
    if (auto checked = check_line(line, request); !checked) return checked;
  }
  if (!missing.empty()) return other_answer("no result for " + name_of(missing.front()));
  return {};
}

std::string last_words(std::string_view standard_error) {
  std::string_view words;
  bool found_cause = false;
  for (const std::string_view line : split(standard_error, '\n')) {
    const std::string_view trimmed = trim(line);
    const bool cause = names_the_cause(trimmed);
    if (trimmed.empty() || is_noise(trimmed) || (found_cause && !cause)) continue;
    found_cause = cause;
    words = trimmed;
  }
  // Cut before printable(), which repairs a character that the cut broke.
  return printable(words.substr(0, kWordsLimit)) + (words.size() > kWordsLimit ? "..." : "");
}

BufferSizes parse_buffer_sizes(std::string_view standard_error) {
  BufferSizes sizes;
  ContextBuffers context;
  for (const std::string_view line : split(standard_error, '\n')) {
    if (line.find("constructing llama_context") != std::string_view::npos) {
      keep_larger(sizes, std::exchange(context, {}));
    } else if (const auto compute = parse_buffer_line(line, " compute buffer size = ")) {
      context.compute[compute->device] = compute->mebibytes;
    } else if (const auto kv = parse_buffer_line(line, " KV buffer size = ")) {
      context.kv = context.kv.value_or(0) + kv->mebibytes;
    } else if (const auto recurrent = parse_buffer_line(line, " RS buffer size = ")) {
      context.kv = context.kv.value_or(0) + recurrent->mebibytes;
    }
  }
  keep_larger(sizes, context);
  return sizes;
}

}  // namespace tokcast

#include "engine/bench.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <algorithm>
#include <limits>
#include <map>
#include <set>
#include <tuple>
#include <utility>

#include "base/child.h"
#include "base/text.h"
#include "engine/bench_parse.h"

namespace tokcast {
namespace {

using Turn = std::pair<std::uint32_t, std::uint32_t>;  // prompt, generate

// A full cross product of prompts, generations and turns with depths: what one llama-bench process can run.
struct Batch {
  std::set<std::uint32_t> prompts;
  std::set<std::uint32_t> generations;
  std::set<Turn> turns;
  std::set<std::uint32_t> depths;

  std::vector<BenchTest> tests() const {
    std::vector<BenchTest> out;
    for (const std::uint32_t depth : depths) {
      for (const std::uint32_t prompt : prompts) out.push_back({.prompt = prompt, .depth = depth});
      for (const std::uint32_t generate : generations) out.push_back({.generate = generate, .depth = depth});
      for (const auto& [prompt, generate] : turns) out.push_back({prompt, generate, depth});
    }
    return out;
  }
};

// As few batches as possible without running a test that nobody asked for: depths with the same work share
// one.
std::vector<Batch> plan(const std::vector<BenchTest>& tests) {
  using Work = std::tuple<std::set<std::uint32_t>, std::set<std::uint32_t>, std::set<Turn>>;
  std::map<std::uint32_t, Work> work_at_depth;
  for (const BenchTest& test : tests) {
    auto& [prompts, generations, turns] = work_at_depth[test.depth];
    if (test.generate == 0) prompts.insert(test.prompt);
    if (test.prompt == 0) generations.insert(test.generate);
    if (test.prompt != 0 && test.generate != 0) turns.emplace(test.prompt, test.generate);
  }
  std::map<Work, std::set<std::uint32_t>> depths_with_work;
  for (const auto& [depth, work] : work_at_depth) depths_with_work[work].insert(depth);
  std::vector<Batch> batches;
  for (const auto& [work, depths] : depths_with_work) {
    const auto& [prompts, generations, turns] = work;
    batches.push_back({prompts, generations, turns, depths});
  }
  return batches;
}

Result<void> check_request(const BenchRequest& request) {
  constexpr std::uint32_t kMost = std::numeric_limits<std::int32_t>::max();  // llama-bench reads ints
  const auto bad = [](const char* what) { return fail(ErrorKind::kUsage, what, "timed run"); };
  if (request.tests.empty()) return bad("nothing to time was named");
  for (const BenchTest& test : request.tests) {
    if (test.prompt == 0 && test.generate == 0) return bad("a timed run without a prompt or a generation");
    if (std::max({test.prompt, test.generate, test.depth}) > kMost) return bad("a timed run is too long");
  }
  if (std::min({request.threads, request.repetitions, request.batch, request.micro_batch}) == 0) {
    return bad("threads, repetitions and batches of a timed run start at 1");
  }
  if (std::max({request.threads, request.repetitions, request.batch, request.micro_batch,
                request.gpu_layers}) > kMost) {
    return bad("a setting of a timed run is too large");
  }
  return {};
}

std::string joined(const std::set<std::uint32_t>& numbers) {
  return numbers.empty() ? "0" : fmt::format("{}", fmt::join(numbers, ","));
}

// Every setting explicit, so that a default of the engine never changes a result; options that this engine
// does not know are left out, since it then behaves as if they had the value asked for here.
class Arguments {
 public:
  Arguments(const Engine& engine, std::vector<std::string>& out) : engine_(engine), out_(out) {}

  bool knows(const std::string& option) const {
    return engine_.bench_options.empty() || engine_.bench_options.contains(option);
  }
  void add(const std::string& option, const std::string& value) {
    if (knows(option)) out_.insert(out_.end(), {option, value});
  }
  void add_switch(const std::string& option) {
    if (knows(option)) out_.push_back(option);
  }
  void add_mmap() { knows("-lm") ? add("-lm", "mmap") : add("-mmp", "1"); }
  // Before it could choose, llama-bench had flash attention off unless told.
  void add_flash_attention() {
    const auto found = engine_.bench_options.find("-fa");
    const bool chooses =
        found == engine_.bench_options.end() || found->second.find("auto") != std::string::npos;
    add("-fa", chooses ? "auto" : "0");
  }

 private:
  const Engine& engine_;
  std::vector<std::string>& out_;
};

std::vector<std::string> bench_arguments(const Engine& engine, const BenchRequest& request,
                                         const Batch& batch, const std::string& model) {
  std::vector<std::string> out{engine.executable("bench")};
  Arguments arguments(engine, out);
  arguments.add("-m", model);
  arguments.add("-p", joined(batch.prompts));
  arguments.add("-n", joined(batch.generations));
  for (const auto& [prompt, generate] : batch.turns) {
    arguments.add("-pg", fmt::format("{},{}", prompt, generate));
  }
  arguments.add("-d", joined(batch.depths));
  arguments.add("-t", std::to_string(request.threads));
  arguments.add("-r", std::to_string(request.repetitions));
  arguments.add("-b", std::to_string(request.batch));
  arguments.add("-ub", std::to_string(request.micro_batch));
  arguments.add("-ctk", "f16");
  arguments.add("-ctv", "f16");
  arguments.add("-ngl", std::to_string(request.gpu_layers));
  arguments.add("-nkvo", "0");
  arguments.add("--poll", "50");
  arguments.add("--prio", "0");
  arguments.add("--repack", "1");
  arguments.add_mmap();
  arguments.add_flash_attention();
  if (!request.warm_up) arguments.add_switch("--no-warmup");
  if (request.report_buffers) arguments.add_switch("-v");
  arguments.add("-o", "jsonl");
  return out;
}

std::unexpected<Error> failed(const ChildResult& child, ChildOptions options, Seconds whole_deadline) {
  options.deadline = whole_deadline;  // what the caller allowed, not what earlier batches left of it
  std::string message = "llama-bench " + describe_end(child, options);
  if (const std::string words = last_words(child.standard_error); !words.empty()) message += ": " + words;
  std::string fix = "Check the model file, or try another llama.cpp: `tokcast engine list` shows those here.";
  if (child.timed_out) fix = "Try again when the machine is less busy, or with fewer tokens.";
  return fail(ErrorKind::kEngineFailed, std::move(message), options.arguments.front(), std::move(fix));
}

Result<ChildResult> run_batch_child(const ChildOptions& options, Seconds whole_deadline) {
  auto child = run_child(options);
  if (!child && child.error().kind != ErrorKind::kInterrupted) {
    return fail(ErrorKind::kEngineFailed, "llama-bench cannot be started: " + child.error().message,
                options.arguments.front(), "Choose another one: `tokcast engine use DIR`.");
  }
  if (!child) return child;
  const bool ended_well = child->exit_code == 0 && !child->timed_out && !child->output_overflowed;
  if (!ended_well) return failed(*child, options, whole_deadline);
  return child;
}

void add_usage(BenchRun& run, const ChildResult& child) {
  run.wall += child.wall;
  run.cpu_time += child.cpu;
  run.involuntary_switches += child.involuntary_switches;
  run.peak_resident_bytes = std::max(run.peak_resident_bytes, child.peak_resident_bytes);
  const BufferSizes buffers = parse_buffer_sizes(child.standard_error);
  run.compute_buffer = std::max(run.compute_buffer, buffers.compute);  // nullopt is the least
  run.kv_buffer = std::max(run.kv_buffer, buffers.kv);
}

using ResultsByTest = std::map<BenchTest, BenchSamples>;

Result<void> run_batch(const ChildOptions& options, const Batch& batch, const BenchRequest& request,
                       BenchRun& run, ResultsByTest& results) {
  const auto child = run_batch_child(options, request.deadline);
  if (!child) return std::unexpected(child.error());
  auto lines = parse_bench_output(child->standard_output);
  if (!lines) return std::unexpected(lines.error());
  if (auto checked = check_answer(*lines, batch.tests(), request); !checked) return checked;
  add_usage(run, *child);
  run.build = lines->front().build;
  run.cpu = lines->front().cpu;
  run.backends = lines->front().backends;
  for (BenchLine& line : *lines) results[line.samples.test] = std::move(line.samples);
  return {};
}

// llama-bench takes a comma in -m as the end of one model's name, so such a file is handed over as a
// descriptor.
class ModelArgument {
 public:
  explicit ModelArgument(const BenchRequest& request)
      : name_(request.model_path), inherited_(request.inherited_descriptors) {
    if (name_.find(',') == std::string::npos) return;
    fd_ = open(name_.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd_ < 0) return;  // the engine then says that there is no such file
    name_ = fmt::format("/proc/self/fd/{}", fd_);
    inherited_.push_back(fd_);
  }
  ModelArgument(const ModelArgument&) = delete;
  ModelArgument& operator=(const ModelArgument&) = delete;
  ~ModelArgument() {
    if (fd_ >= 0) close(fd_);
  }
  const std::string& name() const { return name_; }
  const std::vector<int>& inherited() const { return inherited_; }

 private:
  std::string name_;
  std::vector<int> inherited_;
  int fd_ = -1;
};

}  // namespace

Result<BenchRun> run_bench(const Engine& engine, const BenchRequest& request) {
  if (auto checked = check_request(request); !checked) return std::unexpected(checked.error());
  const ModelArgument model(request);
  BenchRun run;
  ResultsByTest results;
  for (const Batch& batch : plan(request.tests)) {
    ChildOptions options;
    options.arguments = bench_arguments(engine, request, batch, model.name());
    options.environment = {{"GGML_NO_BACKTRACE", "1"}};  // a crash would start a debugger on itself
    options.deadline = Seconds(std::max(0.0, request.deadline.value - run.wall.value));
    options.inherited_descriptors = model.inherited();
    auto done = run_batch(options, batch, request, run, results);
    if (!done) return std::unexpected(done.error());
  }
  for (const BenchTest& test : request.tests) run.results.push_back(results.at(test));
  return run;
}

}  // namespace tokcast

#include <fmt/format.h>

#include <future>
#include <string_view>

#include "base/child.h"
#include "base/text.h"
#include "machine/gpu.h"
#include "machine/gpu_library.h"
#include "machine/gpu_merge.h"
#include "machine/gpu_sysfs.h"

namespace tokcast {
namespace {

// Drivers write notes to standard output too; the answer is what comes last.
std::string_view last_line(std::string_view output) {
  return split(trim(output), '\n').back();
}

Result<GpuAnswers> ask_in_child(const GpuLibrary& library, const GpuSurveyOptions& options) {
  // No memory limit: drivers reserve address space for the whole memory of the card and of the machine.
  ChildOptions child{.arguments = options.helper,
                     .environment = options.helper_environment,
                     .deadline = options.deadline,
                     .output_limit = kMebi};
  child.arguments.push_back(library.name);
  const auto end = run_child(child);
  if (!end && end.error().kind == ErrorKind::kInterrupted) return std::unexpected(end.error());
  if (!end) {
    return fail(ErrorKind::kIo, library.file + " was not asked: " + end.error().message, end.error().place,
                end.error().fix);
  }
  // First of all the answer: some drivers hang or crash on their way out.
  const auto document =
      parse_json(last_line(end->standard_output), library.file, {.size = kMebi, .depth = 8});
  if (document) return gpu_answers_from_json(*document, library.file);
  if (end->timed_out) {
    return fail(ErrorKind::kTimeout,
                fmt::format("{} did not answer within {:g} s", library.file, options.deadline.value));
  }
  const std::string how = end->exit_code == 0 ? "gave no answer" : describe_end(*end, child);
  return fail(ErrorKind::kUnsupported,
              fmt::format("{} failed: the process that asked it {}", library.file, how));
}

// All at the same time: together they take as long as the slowest, and at most the deadline.
std::vector<GpuSource> ask_libraries(const GpuSurveyOptions& options) {
  std::vector<std::pair<std::string, std::future<Result<GpuAnswers>>>> asked;
  for (const GpuLibrary& library : gpu_library_table()) {
    // "or deferred": one after the other where no thread can be started, rather than an exception.
    asked.emplace_back(library.name,
                       std::async(std::launch::async | std::launch::deferred,
                                  [&library, &options] { return ask_in_child(library, options); }));
  }
  std::vector<GpuSource> sources;
  for (auto& [name, answer] : asked) sources.push_back({name, answer.get()});
  return sources;
}

}  // namespace

GpuSurvey survey_gpus(const GpuSurveyOptions& options) {
  std::vector<GpuSource> sources;
  if (options.root.empty() && !options.helper.empty()) sources = ask_libraries(options);
  sources.push_back({"sysfs", GpuAnswers{.gpus = read_sysfs_gpus(options.root)}});
  return merge_gpus(std::move(sources), has_windows_gpu(options.root));
}

}  // namespace tokcast

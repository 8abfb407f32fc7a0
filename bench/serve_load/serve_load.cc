// serve_load: how `tokcast serve` behaves under load, seen from inside and from outside, as a Markdown table.
// On loopback only. docs/SERVER.md has the commands and what they gave.
//
//   serve_load --model small.gguf                     all parts, some minutes
//   serve_load --model small.gguf lag cancel          these
#include <fmt/format.h>
#include <stdlib.h>
#include <sys/resource.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <thread>

#include "bench/serve_load/load_parts.h"
#include "machine/contention.h"
#include "machine/machine.h"

namespace tokcast {
namespace {

struct LoadPart {
  const char* name;
  LoadRows (*run)(const LoadOptions&);
};

constexpr LoadPart kParts[] = {{"lag", lag_part},         {"front-end", front_end_part},
                               {"sockets", sockets_part}, {"cycles", cycles_part},
                               {"cancel", cancel_part},   {"overload", overload_part}};

std::vector<std::string> part_names() {
  std::vector<std::string> out;
  for (const LoadPart& part : kParts) out.emplace_back(part.name);
  return out;
}

// Thousands of connections at both ends.
void raise_descriptor_limit() {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

// On what all this was measured: a share of others says more than a load average.
std::string setting_line(const LoadOptions& options) {
  const Machine machine = read_machine();
  const auto before = read_contention();
  std::this_thread::sleep_for(std::chrono::seconds(2));
  const auto others = contention_since(before, Seconds(2), machine.allowed_cpus.value_or(1)).others_share;
  return fmt::format("{}, {} processors, others had {} of them at the start; {} of {:.0f} MB; {} s each\n",
                     machine.name, machine.allowed_cpus.value_or(0),
                     others ? fmt::format("{:.0f} %", 100 * *others) : "an unknown share",
                     std::filesystem::path(options.model).filename().string(),
                     static_cast<double>(std::filesystem::file_size(options.model)) / 1e6, options.seconds);
}

int run(const LoadOptions& options, const std::vector<std::string>& wanted) {
  fmt::print("{}\n{}", setting_line(options), markdown_head());
  bool failed = false;
  for (const LoadPart& part : kParts) {
    if (!wanted.empty() && std::ranges::count(wanted, part.name) == 0) continue;
    fmt::print(stderr, "serve_load: {}\n", part.name);
    const auto rows = part.run(options);
    if (rows) {
      fmt::print("{}", markdown_rows(*rows));
      std::fflush(stdout);
    } else {
      fmt::print(stderr, "serve_load: {}: {}\n", part.name, describe(rows.error()));
      failed = true;
    }
  }
  return failed ? 1 : 0;
}

}  // namespace
}  // namespace tokcast

int main(int count, char** arguments) {
  using namespace tokcast;
  CLI::App parser{"Loads `tokcast serve` on loopback and tells what it did", "serve_load"};
  LoadOptions options;
  std::vector<std::string> wanted;
  const auto here = std::filesystem::read_symlink("/proc/self/exe").parent_path();
  options.tokcast = (here.parent_path() / "tokcast").string();
  options.engine = std::string(getenv("HOME")) + "/.local/share/tokcast/engine/bin";
  parser.add_option("PART", wanted, "Only these")->check(CLI::IsMember(part_names()));
  parser.add_option("--model", options.model, "GGUF file")->required()->check(CLI::ExistingFile);
  parser.add_option("--tokcast", options.tokcast, "The executable")->check(CLI::ExistingFile);
  parser.add_option("--engine", options.engine, "Folder of llama-server")->check(CLI::ExistingDirectory);
  parser.add_option("--threads", options.threads, "Of the engine");
  parser.add_option("--seconds", options.seconds, "Of each condition")->check(CLI::Range(1.0, 600.0));
  parser.add_option("--overload-seconds", options.overload_seconds)->check(CLI::Range(1.0, 600.0));
  parser.add_option("--sockets", options.sockets)->check(CLI::Range(0, 20'000));
  parser.add_option("--half-open", options.half_open)->check(CLI::Range(0, 5000));
  parser.add_option("--cycles", options.cycles)->check(CLI::Range(0, 1'000'000));
  parser.add_option("--tokens", options.tokens, "Of a reply")->check(CLI::Range(1, 10'000));
  CLI11_PARSE(parser, count, arguments);
  raise_descriptor_limit();
  std::string scratch = (std::filesystem::temp_directory_path() / "serve-load-XXXXXX").string();
  if (mkdtemp(scratch.data()) == nullptr) return 1;
  options.scratch = scratch;
  const int code = run(options, wanted);
  std::error_code ignored;
  std::filesystem::remove_all(scratch, ignored);
  return code;
}

// A llama.cpp made of shell script, for tests of everything that drives one: found, asked, believed and timed
// like the real one, in milliseconds and with times that are known beforehand.
#ifndef TOKCAST_ENGINE_FAKE_ENGINE_TEST_UTIL_H_
#define TOKCAST_ENGINE_FAKE_ENGINE_TEST_UTIL_H_

#include <sys/stat.h>

#include <cstdlib>
#include <sstream>
#include <string>
#include <string_view>

#include "base/temporary_directory_test_util.h"

namespace tokcast {

// The times of a fake are invented: what else runs on this machine says nothing of them.
inline const bool kOthersAreIgnored = setenv("TOKCAST_OTHERS_SHARE", "0", 1) == 0;

// An executable script for /bin/sh.
inline std::string write_script(const std::string& path, std::string_view body) {
  write_text(path, "#!/bin/sh\n" + std::string(body));
  chmod(path.c_str(), 0755);
  return path;
}

inline constexpr std::string_view kFakeHelp = R"(usage: llama-bench [options]

options:
  -h, --help
  --version                                   show version and build info
  -r, --repetitions <n>                       number of times to repeat each test (default: 5)
  --prio <-1|0|1|2|3>                         process/thread priority (default: 0)
  -o, --output <csv|json|jsonl|md|sql>        output format printed to stdout (default: md)
  -v, --verbose                               verbose output
  --no-warmup                                 skip warmup runs before benchmarking

test parameters:
  -m, --model <filename>                            (default: models/7B/ggml-model-q4_0.gguf)
  -p, --n-prompt <n>                                (default: 512)
  -n, --n-gen <n>                                   (default: 128)
  -d, --n-depth <n>                                 (default: 0)
  -b, --batch-size <n>                              (default: 2048)
  -ub, --ubatch-size <n>                            (default: 512)
  -ctk, --cache-type-k <t>                          (default: f16)
  -ctv, --cache-type-v <t>                          (default: f16)
  -t, --threads <n>                                 (default: <num_cpus>)
  --poll <0...100>                                  (default: 50)
  -ngl, --n-gpu-layers <n>                          (default: -1)
  -nkvo, --no-kv-offload <0|1>                      (default: 0)
  -fa, --flash-attn <on|off|auto>                   (default: auto)
  -lm, --load-mode <auto|none|mmap|mlock|mmap+mlock|dio> (default: auto)
  --repack <0|1>                                    (default: 1)
)";

// As builds of 2025 print it: no --version, no -lm, flash attention on or off, nothing of --repack.
inline constexpr std::string_view kFakeOldHelp = R"(usage: ./llama-bench [options]

options:
  -h, --help
  -r, --repetitions <n>                     number of times to repeat each test (default: 5)
  --prio <0|1|2|3>                          process/thread priority (default: 0)
  -o, --output <csv|json|jsonl|md|sql>      output format printed to stdout (default: md)
  -v, --verbose                             verbose output

test parameters:
  -m, --model <filename>                    (default: models/7B/ggml-model-q4_0.gguf)
  -p, --n-prompt <n>                        (default: 512)
  -n, --n-gen <n>                           (default: 128)
  -d, --n-depth <n>                         (default: 0)
  -b, --batch-size <n>                      (default: 2048)
  -ub, --ubatch-size <n>                    (default: 512)
  -ctk, --cache-type-k <t>                  (default: f16)
  -ctv, --cache-type-v <t>                  (default: f16)
  -t, --threads <n>                         (default: 8)
  --poll <0...100>                          (default: 50)
  -ngl, --n-gpu-layers <n>                  (default: 99)
  -nkvo, --no-kv-offload <0|1>              (default: 0)
  -fa, --flash-attn <0|1>                   (default: 0)
  -mmp, --mmap <0|1>                        (default: 1)
)";

// How fast the fake claims to be. A repetition takes, with t threads and a model of b bytes (a megabyte for
// each tensor that a GGUF header counts; the file's size if it is no GGUF file),
//   generate n tokens:  n * (overhead + b * decode / t) * (1 + depth * depth_share)
//   prompt of n tokens: overhead + n * b * prefill / t * (1 + (depth + n / 2) * depth_share)
// nanoseconds, and every repetition but the first up to 4 % more, always by the same pattern. So the times
// are linear in the model's size, as those of a skeleton are in its layers.
struct FakeSpeed {
  double overhead_ns = 200'000;
  double decode_ns_per_byte = 0.1;  // 10 GB/s for each thread
  double prefill_ns_per_byte = 0.01;
  double depth_share = 0.0001;
};

struct FakeEngine {
  FakeSpeed speed{};
  std::string_view help = kFakeHelp;
  std::string version = "version: 0.7.0 (build 11669, commit fake)";
  // Run instead of an honest answer when it is time to measure: shell commands, with the arguments in "$@".
  std::string misbehave{};
};

inline std::string fake_bench_script(const FakeEngine& fake) {
  std::ostringstream out;
  out << "echo \"$*\" >> \"$0.log\"\n"  // one line for each start: tests count and read them
      << "if [ \"$1\" = --help ]; then cat <<'END'\n"
      << fake.help << "END\nexit 0; fi\n"
      << "if [ \"$1\" = --version ]; then echo '" << fake.version << "' >&2; exit 0; fi\n"
      << fake.misbehave << "\n"
      << R"(model= p=512 n=128 d=0 t=1 r=5 b=2048 ub=512 talk=0
while [ $# -gt 0 ]; do
  case $1 in
    -m) model=$2 ;; -p) p=$2 ;; -n) n=$2 ;; -d) d=$2 ;; -t) t=$2 ;; -r) r=$2 ;; -b) b=$2 ;; -ub) ub=$2 ;;
    -v) talk=1; shift; continue ;;
    --no-warmup) shift; continue ;;
  esac
  shift 2
done
if [ x$(head -c 4 "$model" | tr -cd A-Z) = xGGUF ]; then
  bytes=$(($(od -An -tu8 -j8 -N8 "$model" | tr -d " ") * 1000000))
else
  bytes=$(wc -c < "$model")
fi || { echo "llama_bench: error: failed to load model '$model'" >&2; exit 1; }
if [ $talk = 1 ]; then
  echo 'llama_context: constructing llama_context' >&2
  echo 'llama_kv_cache:        CPU KV buffer size =     2.00 MiB' >&2
  echo 'sched_reserve:        CPU compute buffer size =     3.50 MiB' >&2
fi
exec awk -v bytes="$bytes" -v p="$p" -v n="$n" -v d="$d" -v t="$t" -v r="$r" -v b="$b" -v ub="$ub" )"
      << "-v overhead=" << fake.speed.overhead_ns << " -v decode=" << fake.speed.decode_ns_per_byte
      << " -v prefill=" << fake.speed.prefill_ns_per_byte << " -v share=" << fake.speed.depth_share << R"( '
function answer(prompt, generate, depth, ns,   i) {
  printf "{\"build_commit\": \"fake\", \"build_number\": 11669, \"cpu_info\": \"Fake CPU\", \"backends\": \"CPU\", "
  printf "\"n_batch\": %d, \"n_ubatch\": %d, \"n_threads\": %d, ", b, ub, t
  printf "\"n_prompt\": %d, \"n_gen\": %d, \"n_depth\": %d, \"samples_ns\": [ ", prompt, generate, depth
  for (i = 0; i < r; ++i) printf "%s%.0f", i ? ", " : "", ns * (1 + 0.01 * (i * 7 % 5))
  printf " ]}\n"
}
BEGIN {
  prompts = split(p, prompt, ","); generations = split(n, generate, ","); depths = split(d, depth, ",")
  for (k = 1; k <= depths; ++k) {
    for (i = 1; i <= prompts; ++i) if (prompt[i] > 0)
      answer(prompt[i], 0, depth[k],
             overhead + prompt[i] * bytes * prefill / t * (1 + (depth[k] + prompt[i] / 2) * share))
    for (i = 1; i <= generations; ++i) if (generate[i] > 0)
      answer(0, generate[i], depth[k], generate[i] * (overhead + bytes * decode / t) * (1 + depth[k] * share))
  }
}'
)";
  return out.str();
}

// Writes llama-bench into `directory` and returns its path. What it was started with is in llama-bench.log
// beside it.
inline std::string write_fake_engine(const std::string& directory, const FakeEngine& fake = {}) {
  return write_script(directory + "/llama-bench", fake_bench_script(fake));
}

}  // namespace tokcast

#endif  // TOKCAST_ENGINE_FAKE_ENGINE_TEST_UTIL_H_

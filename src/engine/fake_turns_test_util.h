// The fake engine (fake_engine_test_util.h) taught whole turns and slower days.
#ifndef TOKCAST_ENGINE_FAKE_TURNS_TEST_UTIL_H_
#define TOKCAST_ENGINE_FAKE_TURNS_TEST_UTIL_H_

#include <string>

#include "engine/fake_engine_test_util.h"

namespace tokcast {

// Shell that runs before the fake's own answer. A turn (-pg P,N) takes what its prefill and then its decode
// at the depth behind it take. A file llama-bench.slow beside the fake holds a factor for all that is
// decoded: the same engine on a slower day.
inline constexpr const char* kTurnsAndSlowDays = R"sh(
if [ -e "$0.slow" ] && [ -z "$FAKE_INNER" ]; then
  FAKE_INNER=1 "$0" "$@" | awk -v slow="$(cat "$0.slow")" '
    /"n_gen": 0,/ { print; next }
    { head = $0; sub(/"samples_ns".*/, "", head); list = $0; sub(/.*\[/, "", list); sub(/\].*/, "", list)
      n = split(list, ns, ","); printf "%s\"samples_ns\": [ ", head
      for (i = 1; i <= n; ++i) printf "%s%.0f", (i > 1 ? ", " : ""), ns[i] * slow
      print " ]}" }'
  exit
fi
case " $* " in *" -pg "*)
  rest= turn= depth=0
  while [ $# -gt 0 ]; do
    case $1 in
      -p|-n) shift 2 ;;
      -pg) turn=$2; shift 2 ;;
      -d) depth=$2; shift 2 ;;
      -v|--no-warmup) rest="$rest $1"; shift ;;
      *) rest="$rest $1 $2"; shift 2 ;;
    esac
  done
  prompt=${turn%,*} generate=${turn#*,}
  { "$0" $rest -p $prompt -n 0 -d $depth; "$0" $rest -p 0 -n $generate -d $((depth + prompt)); } |
    awk -v generate=$generate '
      { list = $0; sub(/.*\[/, "", list); sub(/\].*/, "", list); n = split(list, ns, ",")
        for (i = 1; i <= n; ++i) sum[i] += ns[i] }
      NR == 1 { head = $0; sub(/"samples_ns".*/, "", head); sub(/"n_gen": 0/, "\"n_gen\": " generate, head) }
      END { printf "%s\"samples_ns\": [ ", head
        for (i = 1; i <= n; ++i) printf "%s%.0f", (i > 1 ? ", " : ""), sum[i]
        print " ]}" }'
  exit ;;
esac
)sh";

// Of builds of today, with -pg in its help.
inline std::string help_with_turns() {
  std::string help(kFakeHelp);
  help.insert(help.find("  -d, --n-depth"),
              "  -pg <pp,tg>                                       (default: )\n");
  return help;
}

}  // namespace tokcast

#endif  // TOKCAST_ENGINE_FAKE_TURNS_TEST_UTIL_H_

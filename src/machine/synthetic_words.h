// The words of a synthetic machine's line (synthetic.h), before any name is looked up.
#ifndef TOKCAST_MACHINE_SYNTHETIC_WORDS_H_
#define TOKCAST_MACHINE_SYNTHETIC_WORDS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/units.h"

namespace tokcast {

struct SyntheticModules {
  std::uint32_t channels = 0;  // of 64 bits, of the whole machine; at least 1
  std::string type;            // "DDR4"
  std::uint32_t megatransfers = 0;

  bool operator==(const SyntheticModules&) const = default;
};

// Either `cores` with `threads` is set, or `name`.
struct SyntheticWords {
  std::optional<std::uint32_t> sockets{};
  std::optional<std::uint32_t> cores{};    // of one socket
  std::optional<std::uint32_t> threads{};  // of one socket
  std::vector<std::string> isa{};          // as written
  std::string name{};                      // of a processor, in lower case
  std::optional<SyntheticModules> modules{};
  std::optional<Bytes> memory{};  // always set when read_synthetic_words succeeds
  std::optional<double> quota{};  // CPUs
  std::string gpu{};              // name in lower case; empty: none
};

// Errors: kUsage naming the word that has no meaning, or what is missing, with the grammar.
Result<SyntheticWords> read_synthetic_words(std::string_view line);

// The grammar in one sentence, with examples, for people.
std::string synthetic_grammar();

}  // namespace tokcast

#endif  // TOKCAST_MACHINE_SYNTHETIC_WORDS_H_

#include "machine/synthetic_words.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <span>

#include "base/text.h"
#include "machine/isa_name.h"
#include "machine/kernel_text.h"

namespace tokcast {
namespace {

constexpr std::size_t kLongestLine = 500;
constexpr std::uint32_t kMostSockets = 64;
constexpr std::uint32_t kMostCores = 4096;  // of one socket; threads too
constexpr std::uint32_t kMostChannels = 1024;
constexpr std::uint32_t kMostMegatransfers = 100'000;
constexpr std::uint32_t kMostMemory = 1'000'000;  // GB or GiB
constexpr double kMostQuota = 1e6;
constexpr Bytes kGiga{1'000'000'000};

constexpr auto kMemoryTypes = std::to_array<std::string_view>(
    {"DDR2", "DDR3", "DDR3L", "DDR4", "DDR5", "LPDDR3", "LPDDR4", "LPDDR4X", "LPDDR5", "LPDDR5X"});

using Words = std::span<const std::string_view>;

// "16c" with unit "c"; nullopt for 0, for more than `most`, and for anything else.
std::optional<std::uint32_t> count_of(std::string_view word, std::string_view unit, std::uint32_t most) {
  if (!word.ends_with(unit)) return std::nullopt;
  const auto count = parse_uint(word.substr(0, word.size() - unit.size()));
  if (!count || *count == 0 || *count > most) return std::nullopt;
  return static_cast<std::uint32_t>(*count);
}

// "4x", "ddr4-2133".
std::optional<SyntheticModules> parse_modules(std::string_view count, std::string_view kind) {
  const auto channels = count_of(count, "x", kMostChannels);
  const auto dash = kind.find('-');
  if (!channels || dash == std::string_view::npos) return std::nullopt;
  const auto is_type = [&](std::string_view type) {
    return equals_ignoring_case(type, kind.substr(0, dash));
  };
  const auto* const type = std::ranges::find_if(kMemoryTypes, is_type);
  const auto rate = count_of(kind.substr(dash + 1), "", kMostMegatransfers);
  if (type == kMemoryTypes.end() || !rate) return std::nullopt;
  return SyntheticModules{*channels, std::string(*type), *rate};
}

// Each reader takes the words from here on and says how many of them it used: 0 if they are not its own, or
// if it has had its turn. Words are in lower case.

std::size_t read_cores(Words words, SyntheticWords& draft) {
  if (draft.cores || !draft.name.empty()) return 0;
  std::string_view text = words[0];
  std::optional<std::uint32_t> sockets = draft.sockets;
  if (const auto end = text.find('x'); end != std::string_view::npos) {
    sockets = count_of(text.substr(0, end), "", kMostSockets);
    if (!sockets || draft.sockets) return 0;
    text.remove_prefix(end + 1);
  }
  const auto slash = text.find('/');
  const auto cores = count_of(text.substr(0, slash), "c", kMostCores);
  const auto threads =
      slash == std::string_view::npos ? cores : count_of(text.substr(slash + 1), "t", kMostCores);
  if (!cores || !threads || *threads < *cores) return 0;
  draft.sockets = sockets;
  draft.cores = cores;
  draft.threads = threads;
  return 1;
}

std::size_t read_modules(Words words, SyntheticWords& draft) {
  if (draft.modules || words.size() < 2) return 0;
  draft.modules = parse_modules(words[0], words[1]);
  return draft.modules ? 2 : 0;
}

std::size_t read_sockets(Words words, SyntheticWords& draft) {
  if (draft.sockets || draft.cores || !draft.name.empty()) return 0;
  draft.sockets = count_of(words[0], "x", kMostSockets);
  return draft.sockets ? 1 : 0;
}

std::size_t read_memory(Words words, SyntheticWords& draft) {
  if (draft.memory) return 0;
  const auto gibi = count_of(words[0], "gib", kMostMemory);
  const auto giga = count_of(words[0], "gb", kMostMemory);
  if (!gibi && !giga) return 0;
  draft.memory = gibi ? *gibi * kGibi : *giga * kGiga;
  return 1;
}

std::size_t read_quota(Words words, SyntheticWords& draft) {
  if (draft.quota || words[0] != "quota" || words.size() < 2) return 0;
  const auto cpus = parse_double(words[1]);
  if (!cpus || *cpus <= 0 || *cpus > kMostQuota) return 0;
  draft.quota = cpus;
  return 2;
}

// Behind the memory only: a processor's name may have the word too ("Apple M3 Max 40-core GPU").
std::size_t read_gpu(Words words, SyntheticWords& draft) {
  if (!draft.memory || words[0] != "gpu" || words.size() < 2) return 0;
  draft.gpu = fmt::format("{}", fmt::join(words.subspan(1), " "));
  return words.size();
}

std::size_t read_isa(Words words, SyntheticWords& draft) {
  if (!draft.cores || std::ranges::find(isa_names(), words[0]) == isa_names().end()) return 0;
  draft.isa.emplace_back(words[0]);
  return 1;
}

std::size_t read_name(Words words, SyntheticWords& draft) {
  if (draft.cores || draft.modules || draft.memory || draft.quota) return 0;
  if (!draft.name.empty()) draft.name += ' ';
  draft.name += words[0];
  return 1;
}

using Reader = std::size_t (*)(Words, SyntheticWords&);

std::size_t read_clause(Words words, SyntheticWords& draft) {
  constexpr auto kReaders = std::to_array<Reader>(
      {read_cores, read_modules, read_sockets, read_memory, read_quota, read_gpu, read_isa, read_name});
  for (const Reader reader : kReaders) {
    if (const std::size_t used = reader(words, draft); used > 0) return used;
  }
  return 0;
}

std::unexpected<Error> refuse(std::string message) {
  return fail(ErrorKind::kUsage, std::move(message), {}, synthetic_grammar());
}

}  // namespace

Result<SyntheticWords> read_synthetic_words(std::string_view line) {
  if (line.size() > kLongestLine) {
    return refuse(fmt::format("a machine's description is longer than {} bytes", kLongestLine));
  }
  SyntheticWords draft;
  const std::string text = lower(line);
  const std::vector<std::string_view> all = words_of(text);
  for (Words words = all; !words.empty();) {
    const std::size_t used = read_clause(words, draft);
    if (used == 0) {
      return refuse(fmt::format("'{}' has no meaning there in a machine's description", printable(words[0])));
    }
    words = words.subspan(used);
  }
  if (!draft.cores && draft.name.empty()) return refuse("the machine's description names no processor");
  if (!draft.memory) return refuse("the machine's description has no memory size, such as 39GiB");
  return draft;
}

std::string synthetic_grammar() {
  return "Write '[SOCKETSx]CORESc[/THREADSt] ISA... [CHANNELSx TYPE-MTS] SIZEGiB [quota CPUS] [gpu NAME]', "
         "for "
         "example '2x10c/20t avx2 8x ddr4-2133 64GiB', or a processor's name and the memory: 'E5-2660 v3 "
         "39GiB'.";
}

}  // namespace tokcast

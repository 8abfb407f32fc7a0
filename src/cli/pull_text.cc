#include "cli/pull_text.h"

#include <fmt/format.h>

#include "base/text.h"

namespace tokcast {
namespace {

// A rate over less is a guess.
constexpr Seconds kLeastTime{1};

// Whole seconds, then whole minutes: no more is known.
std::string time_left(double seconds) {
  constexpr double kMinute = 60;
  return seconds < 2 * kMinute ? fmt::format("{:.0f} s", seconds)
                               : fmt::format("{:.0f} min", seconds / kMinute);
}

// Nobody knows the line before it is used; its owner does.
std::string time_on_lines(Bytes bytes) {
  constexpr double kByteRateAt100Mbit = 12.5e6;
  const double seconds = static_cast<double>(bytes.value) / kByteRateAt100Mbit;
  return seconds < 1 ? "" : fmt::format(", {} at 100 Mbit/s", time_left(seconds));
}

std::string file_line(const PullFile& file) {
  const std::string here = file.here.value == 0     ? ""
                           : file.here == file.size ? ", here already"
                                                    : ", " + format_bytes(file.here) + " of it here already";
  return fmt::format("  {}  {}{}\n", printable(file.path), format_bytes(file.size), here);
}

}  // namespace

std::string plan_text(const PullPlan& plan, const Terminal& terminal) {
  std::string out =
      plan.repository.empty()
          ? ""
          : coloured(printable(plan.repository), Colour::kBold, terminal.colour) +
                fmt::format(" at {} ({})\n", printable(plan.revision), plan.commit.substr(0, 7));
  for (const PullFile& file : plan.files) out += file_line(file);
  out += fmt::format("To {}", printable(plan.directory));
  if (const auto room = free_room(plan)) out += fmt::format(", where {} are free", format_bytes(*room));
  return out +
         fmt::format(". To fetch: {}{}.\n", format_bytes(plan.missing()), time_on_lines(plan.missing()));
}

std::string progress_text(Bytes here, Bytes size, Bytes began_at, Seconds elapsed) {
  std::string out = fmt::format("{} of {}", format_bytes(here), format_bytes(size));
  if (elapsed < kLeastTime || here <= began_at) return out;
  const double rate = static_cast<double>(here.value - began_at.value) / elapsed.value;
  const double left = static_cast<double>(size.value - here.value) / rate;
  return out + fmt::format(", {}/s, {} left", format_bytes(Bytes(static_cast<std::uint64_t>(rate))),
                           time_left(left));
}

}  // namespace tokcast

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

std::string where_from(SpeedFrom source) {
  switch (source) {
    case SpeedFrom::kHeader:
      return ", as its header came";
    case SpeedFrom::kLastDownload:
      return ", as the last download from there went";
    case SpeedFrom::kLimit:
      return ", the limit";
  }
  return {};
}

std::string expected_time(Bytes bytes, const std::optional<LineSpeed>& speed) {
  if (bytes.value == 0) return "";
  if (!speed) return "; how long that takes is not known yet";
  const double seconds = static_cast<double>(bytes.value) / speed->rate.value;
  const char* const least = speed->from == SpeedFrom::kLimit ? "at least " : "";
  return fmt::format(", {}{} at {}/s{}", least, seconds < 1 ? "1 s" : time_left(seconds),
                     format_bytes(Bytes(static_cast<std::uint64_t>(speed->rate.value))),
                     where_from(speed->from));
}

std::string file_line(const PullFile& file) {
  const std::string here = file.here.value == 0     ? ""
                           : file.here == file.size ? ", here already"
                                                    : ", " + format_bytes(file.here) + " of it here already";
  return fmt::format("  {}  {}{}\n", printable(file.path), format_bytes(file.size), here);
}

}  // namespace

std::string plan_text(const PullPlan& plan, const std::optional<LineSpeed>& speed, const Terminal& terminal) {
  std::string out =
      plan.repository.empty()
          ? ""
          : coloured(printable(plan.repository), Colour::kBold, terminal.colour) +
                fmt::format(" at {} ({})\n", printable(plan.revision), plan.commit.substr(0, 7));
  for (const PullFile& file : plan.files) out += file_line(file);
  out += fmt::format("To {}", printable(plan.directory));
  if (const auto room = free_room(plan)) out += fmt::format(", where {} are free", format_bytes(*room));
  const Bytes missing = plan.missing();
  return out + fmt::format(". To fetch: {}{}.\n", format_bytes(missing), expected_time(missing, speed));
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

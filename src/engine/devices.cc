#include "engine/devices.h"

#include <algorithm>

#include "base/child.h"
#include "base/text.h"

namespace tokcast {
namespace {

constexpr std::size_t kMostDevices = 64;

// "(143771 MiB, 143250 MiB free)" at the end of a line; {} if it is not that.
struct MemoryNote {
  std::optional<Bytes> total{};
  std::optional<Bytes> free{};
  std::size_t length = 0;  // of the note with the blank before it
};

std::optional<Bytes> mebibytes(std::string_view text) {
  const auto number = parse_uint(split(trim(text), ' ').front());
  if (!number || *number > (1ULL << 40U)) return std::nullopt;
  return Bytes(*number * kMebi.value);
}

MemoryNote memory_note(std::string_view line) {
  const auto open = line.rfind(" (");
  if (open == std::string_view::npos || !line.ends_with("MiB free)")) return {};
  const auto parts = split(line.substr(open + 2), ',');
  if (parts.size() != 2) return {};
  return {mebibytes(parts[0]), mebibytes(parts[1]), line.size() - open};
}

std::optional<EngineDevice> parse_device(std::string_view line) {
  const auto colon = line.find(": ");
  if (colon == std::string_view::npos) return std::nullopt;
  const MemoryNote memory = memory_note(line);
  const std::string_view text = line.substr(colon + 2, line.size() - colon - 2 - memory.length);
  return EngineDevice{printable(trim(line.substr(0, colon))), printable(trim(text)), memory.total,
                      memory.free};
}

// "load_backend: loaded CPU backend from /…/libggml-cpu-zen4.so"
std::optional<std::string> parse_cpu_variant(std::string_view standard_error) {
  constexpr std::string_view kBefore = "libggml-cpu-";
  for (const std::string_view line : split(standard_error, '\n')) {
    const auto found = line.rfind(kBefore);
    if (line.find("loaded CPU backend") == std::string_view::npos || found == std::string_view::npos)
      continue;
    const std::string_view name = line.substr(found + kBefore.size());
    return printable(name.substr(0, name.find('.')));
  }
  return std::nullopt;
}

}  // namespace

Result<EngineDevices> parse_devices(std::string_view standard_output, std::string_view standard_error) {
  const auto list = standard_output.find("Available devices:");
  if (list == std::string_view::npos)
    return fail(ErrorKind::kEngineFailed, "llama-bench did not list its devices");
  EngineDevices out{.cpu_variant = parse_cpu_variant(standard_error)};
  for (const std::string_view line : split(standard_output.substr(list), '\n')) {
    auto device = line.starts_with("  ") ? parse_device(trim(line)) : std::nullopt;
    if (device && out.devices.size() < kMostDevices) out.devices.push_back(std::move(*device));
  }
  return out;
}

Result<EngineDevices> list_devices(const Engine& engine) {
  const auto child =
      run_child({.arguments = {engine.executable("bench"), "--list-devices"}, .deadline = Seconds(10)});
  if (!child) return std::unexpected(child.error());
  if (child->exit_code != 0) {
    return fail(ErrorKind::kUnsupported, "this llama-bench does not list its devices", engine.directory,
                "A newer one does: `tokcast engine install`.");
  }
  return parse_devices(child->standard_output, child->standard_error);
}

}  // namespace tokcast

#include "engine/engine_cache.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <array>
#include <filesystem>
#include <string_view>

#include "base/file.h"
#include "base/json.h"

namespace tokcast {
namespace {

constexpr std::string_view kSchema = "tokcast.engine-facts/1";
constexpr Bytes kFileLimit(256 * kKibi.value);

// FNV-1a, 64 bits.
std::uint64_t hash(std::string_view text) {
  std::uint64_t value = 0xcbf29ce484222325ULL;
  for (const char c : text) value = (value ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
  return value;
}

// "path size time;" of the file that `path` leads to; empty if there is none.
std::string describe_file(const std::filesystem::path& path) {
  std::error_code error;
  const auto resolved = std::filesystem::canonical(path, error);
  struct stat info{};
  if (error || stat(resolved.c_str(), &info) != 0) return "";
  return fmt::format("{} {} {}.{};", resolved.string(), info.st_size, info.st_mtim.tv_sec,
                     info.st_mtim.tv_nsec);
}

std::string facts_path(const std::string& cache_directory, std::uint64_t stamp) {
  return fmt::format("{}/engine-{:016x}.json", cache_directory, stamp);
}

}  // namespace

std::uint64_t engine_stamp(const std::string& directory) {
  const std::filesystem::path base(directory);
  std::string description = describe_file(base / "llama-bench");
  // llama-bench is often a thin program, and its libraries are packaged and upgraded apart from it.
  for (const char* folder :
       {".", "../lib", "../lib64", "../lib/x86_64-linux-gnu", "../lib/aarch64-linux-gnu"}) {
    for (const char* library : {"libggml-base.so.0", "libggml-base.so", "libllama.so.0", "libllama.so"}) {
      description += describe_file(base / folder / library);
    }
  }
  return hash(description);
}

std::optional<Engine> load_engine_facts(const std::string& cache_directory, std::uint64_t stamp) {
  const auto text = read_file(facts_path(cache_directory, stamp), kFileLimit);
  if (!text) return std::nullopt;
  const auto json = parse_json(*text, "engine facts", {.size = kFileLimit, .depth = 4});
  if (!json || !json->is_object() || json->value("schema", Json()) != kSchema) return std::nullopt;
  const Json build = json->value("build", Json());
  const Json version = json->value("version", Json());
  const Json options = json->value("bench_options", Json());
  if (!build.is_number_unsigned() || !version.is_string() || !options.is_object()) return std::nullopt;
  Engine engine;
  engine.build = build.get<std::uint64_t>();
  engine.version = version.get<std::string>();
  for (const auto& [option, argument] : options.items()) {
    if (argument.is_string()) engine.bench_options[option] = argument.get<std::string>();
  }
  return engine;
}

void save_engine_facts(const std::string& cache_directory, std::uint64_t stamp, const Engine& engine) {
  Json json;
  json["schema"] = kSchema;
  json["build"] = engine.build;
  json["version"] = engine.version;
  json["bench_options"] = engine.bench_options;
  const std::string text = json.dump(1, ' ', false, Json::error_handler_t::replace);
  [[maybe_unused]] const auto saved = write_file(facts_path(cache_directory, stamp), text);
}

}  // namespace tokcast

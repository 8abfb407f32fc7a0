#include "rehearse/store.h"

#include <fmt/format.h>

#include "base/file.h"
#include "rehearse/rehearsal_json.h"

namespace tokcast {
namespace {

std::string file_name(const std::string& machine, const std::string& engine, const std::string& shape,
                      std::uint32_t threads) {
  return stable_hash(fmt::format("{}|{}|{}|{}", machine, engine, shape, threads)) + ".json";
}

}  // namespace

std::optional<Rehearsal> RehearsalStore::find(const Shape& shape, const Engine& engine,
                                              const Machine& machine, std::uint32_t threads) const {
  const std::string key = shape_key(shape);
  const auto path = directory_ + "/" + file_name(machine.identity(), engine.identity, key, threads);
  const auto text = read_file(path);
  if (!text) return std::nullopt;
  const auto json = parse_json(*text, path);
  if (!json) return std::nullopt;
  auto rehearsal = rehearsal_from_json(*json);
  const bool fits = rehearsal && rehearsal->shape_key == key &&
                    rehearsal->engine_identity == engine.identity &&
                    rehearsal->machine_identity == machine.identity() && rehearsal->threads == threads;
  if (!fits) return std::nullopt;
  return std::move(*rehearsal);
}

Result<void> RehearsalStore::save(const Rehearsal& rehearsal) const {
  const std::string path = directory_ + "/" +
                           file_name(rehearsal.machine_identity, rehearsal.engine_identity,
                                     rehearsal.shape_key, rehearsal.threads);
  return write_file(path, rehearsal_to_json(rehearsal).dump(1) + "\n");
}

RehearsalStore default_rehearsal_store() {
  return RehearsalStore(cache_directory() + "/rehearsals");
}

}  // namespace tokcast

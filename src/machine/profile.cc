#include "machine/profile.h"

#include <cmath>
#include <concepts>
#include <limits>
#include <type_traits>

#include "base/text.h"

namespace tokcast {
namespace {

constexpr std::string_view kSchema = "tokcast.machine/1";

// Each part of the profile lists its keys once, in `fields`; Writer and Reader walk the same list.
void fields(auto& io, auto& c)
  requires std::same_as<std::remove_cvref_t<decltype(c)>, Cache>
{
  io("level", c.level);
  io("size_bytes", c.size);
  io("instances", c.instances);
}

void fields(auto& io, auto& n)
  requires std::same_as<std::remove_cvref_t<decltype(n)>, NumaNode>
{
  io("id", n.id);
  io("memory_bytes", n.memory);
  io("cpus", n.cpus);
}

void fields(auto& io, auto& c)
  requires std::same_as<std::remove_cvref_t<decltype(c)>, CpuFacts>
{
  io("name", c.name);
  io("vendor", c.vendor);
  io("microarchitecture", c.microarchitecture);
  io("architecture", c.architecture);
  io("isa", c.isa);
  io("ggml_variant", c.ggml_variant);
  io("sockets", c.sockets);
  io("cores", c.cores);
  io("logical_cpus", c.logical_cpus);
  io("performance_cores", c.performance_cores);
  io("efficiency_cores", c.efficiency_cores);
  io("caches", c.caches);
  io("numa_nodes", c.numa_nodes);
  io("base_megahertz", c.base_megahertz);
  io("most_megahertz", c.most_megahertz);
  io("current_megahertz", c.current_megahertz);
  io("governor", c.governor);
  io("frequency_driver", c.frequency_driver);
}

void fields(auto& io, auto& m)
  requires std::same_as<std::remove_cvref_t<decltype(m)>, MemoryModule>
{
  io("size_bytes", m.size);
  io("type", m.type);
  io("megatransfers_per_second", m.megatransfers);
}

void fields(auto& io, auto& m)
  requires std::same_as<std::remove_cvref_t<decltype(m)>, MemoryFacts>
{
  io("total_bytes", m.total);
  io("available_bytes", m.available);
  io("swap_total_bytes", m.swap_total);
  io("swap_used_bytes", m.swap_used);
  io("huge_pages_free", m.huge_pages_free);
  io("huge_page_bytes", m.huge_page_size);
  io("transparent_huge_pages", m.transparent_huge_pages);
  io("modules", m.modules);
  io("module_slots", m.module_slots);
}

void fields(auto& io, auto& p)
  requires std::same_as<std::remove_cvref_t<decltype(p)>, PlatformFacts>
{
  io("kernel", p.kernel);
  io("distribution", p.distribution);
  io("hypervisor", p.hypervisor);
  io("container", p.container);
  io("wsl", p.wsl);
  io("board", p.board);
}

void fields(auto& io, auto& d)
  requires std::same_as<std::remove_cvref_t<decltype(d)>, DiskFacts>
{
  io("path", d.path);
  io("filesystem", d.filesystem);
  io("kind", d.kind);
  io("free_bytes", d.free);
  io("read_bytes_per_second", d.read_rate);
}

void fields(auto& io, auto& u)
  requires std::same_as<std::remove_cvref_t<decltype(u)>, UnknownFact>
{
  io("fact", u.fact);
  io("reason", u.reason);
}

void fields(auto& io, auto& g)
  requires std::same_as<std::remove_cvref_t<decltype(g)>, Gpu>
{
  io("name", g.name);
  io("vendor", g.vendor);
  io("pci_address", g.pci_address);
  io("integrated", g.integrated);
  io("memory_total_bytes", g.memory_total);
  io("memory_free_bytes", g.memory_free);
  io("driver", g.driver);
  io("compute_capability", g.compute_capability);
  io("sources", g.sources);
}

void fields(auto& io, auto& t)
  requires std::same_as<std::remove_cvref_t<decltype(t)>, GpuTrouble>
{
  io("source", t.source);
  io("what", t.what);
  io("fix", t.fix);
}

void fields(auto& io, auto& r)
  requires std::same_as<std::remove_cvref_t<decltype(r)>, Rate>
{
  io("median", r.median);
  io("low", r.low);
  io("high", r.high);
  io("samples", r.samples);
}

void fields(auto& io, auto& b)
  requires std::same_as<std::remove_cvref_t<decltype(b)>, BandwidthRate>
{
  io("threads", b.threads);
  io("numa_node", b.numa_node);
  io("bytes_per_second", b.bytes_per_second);
}

void fields(auto& io, auto& d)
  requires std::same_as<std::remove_cvref_t<decltype(d)>, DotRate>
{
  io("type", d.type);
  io("path", d.path);
  io("threads", d.threads);
  io("operations_per_second", d.operations_per_second);
}

void fields(auto& io, auto& r)
  requires std::same_as<std::remove_cvref_t<decltype(r)>, Rates>
{
  io("bandwidth", r.bandwidth);
  io("dot", r.dot);
  io("working_set_bytes", r.working_set);
  io("megahertz_before", r.megahertz_before);
  io("megahertz_after", r.megahertz_after);
  io("involuntary_switches", r.involuntary_switches);
  io("cpu_pressure_share", r.contention.cpu_pressure_share);
  io("stolen_share", r.contention.stolen_share);
  io("wall_seconds", r.wall);
}

// What usable_threads() and memory_limit() answer is written beside what they are made of, and not read back.
void fields(auto& io, auto& m)
  requires std::same_as<std::remove_cvref_t<decltype(m)>, Machine>
{
  io("name", m.name);
  io("logical_cpus", m.logical_cpus);
  io("physical_cores", m.physical_cores);
  io("performance_cores", m.performance_cores);
  io("allowed_cpus", m.allowed_cpus);
  io("cpu_quota", m.cpu_quota);
  io("last_level_cache_bytes", m.last_level_cache);
  io("memory_total_bytes", m.memory_total);
  io("memory_available_bytes", m.memory_available);
  io("cgroup_memory_free_bytes", m.cgroup_memory_free);
  io("kernel", m.kernel);
  io("threads_from", m.threads_from);
}

void fields(auto& io, auto& p)
  requires std::same_as<std::remove_cvref_t<decltype(p)>, Profile>
{
  io("provenance", p.provenance);
  io("unix_time_seconds", p.unix_time);
  io("tool_version", p.tool_version);
  io("cpu", p.facts.cpu);
  io("memory", p.facts.memory);
  io("platform", p.facts.platform);
  io("disk", p.facts.disk);
  io("limits", p.limits);
  io("gpus", p.gpus.gpus);
  io("gpu_troubles", p.gpus.troubles);
  io("rates", p.rates);
  io("unknown", p.facts.unknown);
}

class Writer {
 public:
  void operator()(const char* key, const auto& value) { out[key] = json_of(value); }

  Json out = Json::object();

 private:
  template <typename T>
  static Json json_of(const T& value) {
    Writer inner;
    fields(inner, value);
    return std::move(inner.out);
  }
  template <typename T>
    requires std::is_arithmetic_v<T>
  static Json json_of(const T& value) {
    return value;
  }
  static Json json_of(const std::string& value) { return printable(value); }
  template <typename Tag, typename Number>
  static Json json_of(const Unit<Tag, Number>& value) {
    return value.value;
  }
  template <typename T>
  static Json json_of(const std::optional<T>& value) {
    return value ? json_of(*value) : Json();
  }
  template <typename T>
  static Json json_of(const std::vector<T>& values) {
    Json out = Json::array();
    for (const T& value : values) out.push_back(json_of(value));
    return out;
  }
};

// A profile may be written by anybody. Thrown for a key that is missing, of another kind or out of range;
// caught in profile_from_json, where nlohmann's own exceptions end too.
struct BadKey {
  std::string key;
};

class Reader {
 public:
  explicit Reader(const Json& json, std::string place = "") : json_(json), place_(std::move(place)) {}

  void operator()(const char* key, auto& value) {
    const std::string here = place_.empty() ? key : place_ + "." + key;
    const auto found = json_.find(key);
    if (!json_.is_object() || found == json_.end()) throw BadKey{here};
    read(*found, here, value);
  }

 private:
  static constexpr std::size_t kMostEntries = 65'536;
  static constexpr std::size_t kMostText = 4096;

  template <typename T>
  static void read(const Json& json, const std::string& here, T& value) {
    if (!json.is_object()) throw BadKey{here};
    Reader inner(json, here);
    fields(inner, value);
  }
  template <typename T>
    requires std::integral<T> && (!std::same_as<T, bool>)
  static void read(const Json& json, const std::string& here, T& value) {
    if (!json.is_number_integer() || (!json.is_number_unsigned() && json.get<std::int64_t>() < 0))
      throw BadKey{here};
    const auto number = json.get<std::uint64_t>();
    if (number > static_cast<std::uint64_t>(std::numeric_limits<T>::max())) throw BadKey{here};
    value = static_cast<T>(number);
  }
  static void read(const Json& json, const std::string& here, bool& value) {
    if (!json.is_boolean()) throw BadKey{here};
    value = json.get<bool>();
  }
  static void read(const Json& json, const std::string& here, double& value) {
    if (!json.is_number()) throw BadKey{here};
    value = json.get<double>();
    if (!std::isfinite(value) || value < 0) throw BadKey{here};
  }
  static void read(const Json& json, const std::string& here, std::string& value) {
    if (!json.is_string() || json.get_ref<const std::string&>().size() > kMostText) throw BadKey{here};
    value = printable(json.get_ref<const std::string&>());
  }
  template <typename Tag, typename Number>
  static void read(const Json& json, const std::string& here, Unit<Tag, Number>& value) {
    read(json, here, value.value);
  }
  template <typename T>
  static void read(const Json& json, const std::string& here, std::optional<T>& value) {
    if (json.is_null())
      value.reset();
    else
      read(json, here, value.emplace());
  }
  template <typename T>
  static void read(const Json& json, const std::string& here, std::vector<T>& values) {
    if (!json.is_array() || json.size() > kMostEntries) throw BadKey{here};
    values.clear();
    for (const Json& entry : json) read(entry, here, values.emplace_back());
  }

  const Json& json_;
  std::string place_;
};

}  // namespace

Json profile_to_json(const Profile& profile) {
  Writer writer;
  fields(writer, profile);
  Json out{{"schema", kSchema}, {"name", profile.limits.name}, {"profile_id", profile.limits.identity()}};
  out.update(writer.out);
  const auto memory = profile.limits.memory_limit();
  out["limits"]["usable_threads"] = profile.limits.usable_threads();
  out["limits"]["usable_memory_bytes"] = memory ? Json(memory->bytes.value) : Json();
  out["limits"]["memory_from"] = memory ? Json(memory->from) : Json();
  return out;
}

Result<Profile> profile_from_json(const Json& json) {
  constexpr const char* kFix = "Make a new one: `tokcast probe --save FILE`.";
  try {
    if (!json.is_object() || json.value("schema", "") != kSchema) throw BadKey{"schema"};
    Profile profile;
    Reader reader(json);
    fields(reader, profile);
    return profile;
  } catch (const BadKey& bad) {
    return fail(ErrorKind::kBadInput, "a machine profile with a value missing or impossible", bad.key, kFix);
  } catch (const Json::exception&) {
    return fail(ErrorKind::kBadInput, "a machine profile with a value of another kind", "", kFix);
  }
}

}  // namespace tokcast

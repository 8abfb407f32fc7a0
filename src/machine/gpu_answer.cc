#include "machine/gpu_answer.h"

#include <string_view>

#include "base/text.h"
#include "machine/pci.h"

namespace tokcast {
namespace {

template <typename T>
void put(Json& object, const char* key, const std::optional<T>& value) {
  if (value) object[key] = *value;
}

void put(Json& object, const char* key, const std::optional<Bytes>& value) {
  if (value) object[key] = value->value;
}

Json gpu_to_json(const GpuAnswer& gpu) {
  Json object = Json::object();
  put(object, "name", gpu.name);
  put(object, "vendor", gpu.vendor);
  put(object, "pci_address", gpu.pci_address);
  put(object, "integrated", gpu.integrated);
  put(object, "memory_total_bytes", gpu.memory_total);
  put(object, "memory_free_bytes", gpu.memory_free);
  put(object, "driver", gpu.driver);
  put(object, "compute_capability", gpu.compute_capability);
  return object;
}

// Takes fields out of an object; remembers whether one was there that should not be like that.
class Fields {
 public:
  explicit Fields(const Json& object) : object_(object), good_(object.is_object()) {}

  bool good() const { return good_; }

  std::optional<std::string> text(const char* key) {
    constexpr std::size_t kLongest = 512;
    const Json* value = find(key);
    if (value == nullptr || !check(value->is_string())) return std::nullopt;
    const auto& raw = value->get_ref<const std::string&>();
    if (!check(raw.size() <= kLongest)) return std::nullopt;
    const std::string shown = printable(trim(raw));
    return shown.empty() ? std::nullopt : std::optional(shown);
  }

  std::optional<bool> flag(const char* key) {
    const Json* value = find(key);
    if (value == nullptr || !check(value->is_boolean())) return std::nullopt;
    return value->get<bool>();
  }

  std::optional<Bytes> bytes(const char* key) {
    constexpr std::uint64_t kMost = 1ULL
                                    << 50;  // 1 PiB: no device has that; a wrong structure layout gives it
    const Json* value = find(key);
    if (value == nullptr || !check(value->is_number_unsigned())) return std::nullopt;
    const auto number = value->get<std::uint64_t>();
    return check(number <= kMost) ? std::optional(Bytes(number)) : std::nullopt;
  }

  std::optional<std::string> pci_address(const char* key) {
    const auto raw = text(key);
    const auto address = raw ? normal_pci_address(*raw) : std::nullopt;
    check(raw.has_value() == address.has_value());
    return address;
  }

  // The members of an array; none if it is absent.
  std::vector<const Json*> list(const char* key) {
    const Json* value = find(key);
    if (value == nullptr || !check(value->is_array() && value->size() <= kMostGpus)) return {};
    std::vector<const Json*> members;
    for (const Json& member : *value) members.push_back(&member);
    return members;
  }

 private:
  bool check(bool holds) {
    good_ = good_ && holds;
    return holds;
  }

  const Json* find(const char* key) const {
    if (!object_.is_object()) return nullptr;
    const auto found = object_.find(key);
    return found == object_.end() ? nullptr : &*found;
  }

  const Json& object_;
  bool good_;
};

std::optional<GpuAnswer> gpu_from_json(const Json& json) {
  Fields fields(json);
  GpuAnswer gpu{.name = fields.text("name"),
                .vendor = fields.text("vendor"),
                .pci_address = fields.pci_address("pci_address"),
                .integrated = fields.flag("integrated"),
                .memory_total = fields.bytes("memory_total_bytes"),
                .memory_free = fields.bytes("memory_free_bytes"),
                .driver = fields.text("driver"),
                .compute_capability = fields.text("compute_capability")};
  return fields.good() ? std::optional(std::move(gpu)) : std::nullopt;
}

std::optional<GpuTrouble> trouble_from_json(const Json& json, const std::string& source) {
  Fields fields(json);
  const auto what = fields.text("what");
  const auto fix = fields.text("fix");
  if (!fields.good() || !what) return std::nullopt;
  return GpuTrouble{source, *what, fix.value_or("")};
}

Error error_from_json(const Json& json, const std::string& source) {
  Fields fields(json);
  const bool absent = fields.text("code") == error_kind_name(ErrorKind::kNotFound);
  return {absent ? ErrorKind::kNotFound : ErrorKind::kUnsupported,
          fields.text("message").value_or(source + " failed and did not say why"), "",
          fields.text("fix").value_or("")};
}

}  // namespace

Json gpu_answers_to_json(const GpuAnswers& answers) {
  Json document;
  document["gpus"] = Json::array();
  for (const GpuAnswer& gpu : answers.gpus) document["gpus"].push_back(gpu_to_json(gpu));
  document["troubles"] = Json::array();
  for (const GpuTrouble& trouble : answers.troubles) {
    Json& object = document["troubles"].emplace_back();
    object["what"] = trouble.what;
    object["fix"] = trouble.fix;
  }
  return document;
}

Json gpu_error_to_json(const Error& error) {
  Json document;
  document["error"]["code"] = error_kind_name(error.kind);
  document["error"]["message"] = error.message;
  document["error"]["fix"] = error.fix;
  return document;
}

Result<GpuAnswers> gpu_answers_from_json(const Json& document, const std::string& source) {
  const auto nonsense = [&] {
    return fail(ErrorKind::kBadInput, "the answer of " + source + " makes no sense");
  };
  if (!document.is_object()) return nonsense();
  if (const auto error = document.find("error"); error != document.end()) {
    return std::unexpected(error_from_json(*error, source));
  }
  if (!document.contains("gpus")) return nonsense();
  Fields fields(document);
  GpuAnswers answers;
  for (const Json* member : fields.list("gpus")) {
    auto gpu = gpu_from_json(*member);
    if (!gpu) return nonsense();
    answers.gpus.push_back(*std::move(gpu));
  }
  for (const Json* member : fields.list("troubles")) {
    auto trouble = trouble_from_json(*member, source);
    if (!trouble) return nonsense();
    answers.troubles.push_back(*std::move(trouble));
  }
  if (!fields.good()) return nonsense();
  return answers;
}

}  // namespace tokcast

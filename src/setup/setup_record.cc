#include "setup/setup_record.h"

#include <cmath>
#include <utility>

#include "base/file.h"

namespace tokcast {
namespace {

constexpr std::string_view kSchema = "tokcast.setup-record/1";
constexpr Bytes kMost{1 << 20};
constexpr double kMostSeconds = 1e9;
constexpr std::int64_t kMostCount = 1LL << 40;

Json interval_json(const Interval<Seconds>& interval) {
  return {{"low", interval.low.value}, {"expected", interval.expected.value}, {"high", interval.high.value}};
}

Json settings_json(const ServerSettings& settings) {
  return {{"use", settings.use},
          {"tier", settings.tier},
          {"model", settings.model},
          {"llm_path", settings.files.llm},
          {"recognition_path", settings.files.recognition},
          {"synthesis_path", settings.files.synthesis},
          {"language", settings.language},
          {"threads", settings.threads},
          {"context_tokens", settings.context_tokens},
          {"max_tokens", settings.max_tokens},
          {"gpu_layers", settings.gpu_layers},
          {"budget_seconds", settings.budget.value},
          {"turn_seconds", interval_json(settings.turn)},
          {"load_high_seconds", settings.load_high ? Json(settings.load_high->value) : Json()},
          {"server_timeout_seconds", settings.server_timeout.value},
          {"client_timeout_seconds", settings.client_timeout.value}};
}

// Reads members; the first that is wrong makes all of it useless.
class Members {
 public:
  explicit Members(const Json& json) : json_(json), sound_(json.is_object()) {}

  std::string text(const char* key) {
    const Json* value = member(key);
    if (value == nullptr || !value->is_string()) return wrong(std::string());
    return value->get<std::string>();
  }
  std::int64_t count(const char* key, std::int64_t least) {
    const Json* value = member(key);
    if (value == nullptr || !value->is_number_integer()) return wrong(std::int64_t{0});
    const auto number = value->get<std::int64_t>();
    return number >= least && number <= kMostCount ? number : wrong(std::int64_t{0});
  }
  Seconds seconds(const char* key) {
    const Json* value = member(key);
    const double number = value != nullptr && value->is_number() ? value->get<double>() : std::nan("");
    return number >= 0 && number <= kMostSeconds ? Seconds(number) : wrong(Seconds(0));
  }
  Interval<Seconds> interval(const char* key) {
    const Json* value = member(key);
    if (value == nullptr) return wrong(Interval<Seconds>{});
    Members in(*value);
    const Interval<Seconds> out{in.seconds("low"), in.seconds("expected"), in.seconds("high")};
    return in.sound() ? out : wrong(out);
  }
  // nullptr: absent, or null.
  const Json* member(const char* key) const {
    if (!json_.is_object()) return nullptr;
    const auto found = json_.find(key);
    return found == json_.end() || found->is_null() ? nullptr : &*found;
  }
  template <typename Value>
  Value wrong(Value value) {
    sound_ = false;
    return value;
  }
  bool sound() const { return sound_; }

 private:
  const Json& json_;
  bool sound_;
};

ServerSettings settings_from(Members& in) {
  ServerSettings out{.use = in.text("use"), .tier = in.text("tier"), .model = in.text("model")};
  out.files = {in.text("llm_path"), in.text("recognition_path"), in.text("synthesis_path")};
  out.language = in.text("language");
  out.threads = static_cast<std::uint32_t>(in.count("threads", 1));
  out.context_tokens = static_cast<std::uint64_t>(in.count("context_tokens", 0));
  out.max_tokens = static_cast<std::uint64_t>(in.count("max_tokens", 0));
  out.gpu_layers = in.count("gpu_layers", -1);
  out.budget = in.seconds("budget_seconds");
  out.turn = in.interval("turn_seconds");
  if (in.member("load_high_seconds") != nullptr) out.load_high = in.seconds("load_high_seconds");
  out.server_timeout = in.seconds("server_timeout_seconds");
  out.client_timeout = in.seconds("client_timeout_seconds");
  return out;
}

}  // namespace

Json setup_record_to_json(const SetupRecord& record) {
  return {{"schema", kSchema},
          {"key", record.key},
          {"tier", record.tier},
          {"broken", record.broken},
          {"settings", record.settings ? settings_json(*record.settings) : Json()},
          {"promise", record.promise ? Json(*record.promise) : Json()},
          {"measured_turn_seconds", record.measured ? interval_json(*record.measured) : Json()},
          {"env", record.env}};
}

Result<SetupRecord> setup_record_from_json(const Json& json) {
  Members in(json);
  SetupRecord out{.key = in.text("key"), .tier = in.text("tier")};
  if (in.text("schema") != kSchema) in.wrong(0);
  if (const Json* broken = in.member("broken"); broken != nullptr && broken->is_array()) {
    for (const Json& one : *broken) {
      if (one.is_string()) out.broken.push_back(one.get<std::string>());
    }
  }
  if (const Json* settings = in.member("settings")) {
    Members inner(*settings);
    out.settings = settings_from(inner);
    if (!inner.sound()) in.wrong(0);
  }
  if (in.member("promise") != nullptr) out.promise = in.count("promise", 1);
  if (in.member("measured_turn_seconds") != nullptr) out.measured = in.interval("measured_turn_seconds");
  if (const Json* env = in.member("env"); env != nullptr && env->is_object()) {
    for (const auto& [key, value] : env->items()) {
      if (value.is_string()) out.env.emplace(key, value.get<std::string>());
    }
  }
  if (!in.sound()) return fail(ErrorKind::kBadInput, "this is no record of a setup");
  return out;
}

SetupRecord read_setup_record(const std::string& path) {
  const auto text = read_file(path, kMost);
  const auto json = text ? parse_json(*text, path, {.size = kMost, .depth = 8}) : Result<Json>(Json());
  const auto record = json ? setup_record_from_json(*json) : Result<SetupRecord>();
  return record.value_or(SetupRecord{});
}

Result<void> save_setup_record(const std::string& path, const SetupRecord& record) {
  const std::string text =
      setup_record_to_json(record).dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
  const auto before = read_file(path, kMost);
  if (before && *before == text) return {};
  return write_file(path, text);
}

}  // namespace tokcast

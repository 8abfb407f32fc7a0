#include "fetch/line_speed.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <span>

#include "base/file.h"
#include "base/text.h"

namespace tokcast {
namespace {

// Less is the line's delay and the buffers on the way rather than its speed.
constexpr Bytes kLeastBytes{2 * kMebi.value};
constexpr Seconds kLeastTime{0.05};
constexpr Bytes kSmallAnswer{256 * kKibi.value};
constexpr std::int64_t kOld = 30LL * 24 * 3600;  // s; lines are changed
constexpr Bytes kMostText{1024};

class MeteringSink final : public HttpSink {
 public:
  explicit MeteringSink(HttpSink& sink) : sink_(sink) {}

  Result<void> on_head(const HttpHead& head) override { return sink_.on_head(head); }
  Result<void> on_bytes(std::span<const char> bytes) override {
    // The first bytes were on their way before the watch ran.
    const auto now = Steady::now();
    if (first_) {
      passage_.bytes += Bytes(bytes.size());
      passage_.time = Seconds(std::chrono::duration<double>(now - *first_).count());
    } else {
      first_ = now;
    }
    return sink_.on_bytes(bytes);
  }
  const Passage& passage() const { return passage_; }

 private:
  using Steady = std::chrono::steady_clock;

  HttpSink& sink_;
  std::optional<Steady::time_point> first_{};
  Passage passage_{};
};

std::optional<double> parse_seconds(std::string_view text) {
  double number = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool whole = failure == std::errc() && end == text.data() + text.size();
  return whole && number > 0 ? std::optional(number) : std::nullopt;
}

// "BYTES SECONDS UNIX_SECONDS". nullopt: not that, or old.
std::optional<Passage> parse_passage(std::string_view line, std::int64_t now) {
  const auto words = split(line, ' ');
  if (words.size() != 3) return std::nullopt;
  const auto bytes = parse_uint(words[0]);
  const auto time = parse_seconds(words[1]);
  const auto at = parse_uint(words[2]);
  if (!bytes || !time || !at) return std::nullopt;
  const bool recent = now <= kOld || *at >= static_cast<std::uint64_t>(now - kOld);
  return recent ? std::optional(Passage{Bytes(*bytes), Seconds(*time)}) : std::nullopt;
}

}  // namespace

std::optional<BytesPerSecond> Passage::speed() const {
  if (bytes < kLeastBytes || time < kLeastTime) return std::nullopt;
  return BytesPerSecond(static_cast<double>(bytes.value) / time.value);
}

Result<HttpHead> MeteredClient::get(const HttpRequest& request, HttpSink& sink) {
  MeteringSink metering(sink);
  auto head = client_.get(request, metering);
  const Passage& passage = metering.passage();
  if (passage.bytes < kSmallAnswer) return head;
  const std::scoped_lock lock(mutex_);
  passed_.bytes += passage.bytes;
  passed_.time += passage.time;
  return head;
}

Passage MeteredClient::passed() const {
  const std::scoped_lock lock(mutex_);
  return passed_;
}

std::string SpeedStore::path_of(const std::string& host) const {
  return directory_ + "/" + stable_hash(host);
}

std::optional<BytesPerSecond> SpeedStore::find(const std::string& host) const {
  const auto text = read_file(path_of(host), kMostText);
  const std::string head = fmt::format("tokcast.speed/1\n{}\n", host);
  if (!text || !text->starts_with(head)) return std::nullopt;
  const auto passage =
      parse_passage(trim(std::string_view(*text).substr(head.size())), clock_.unix_seconds());
  return passage ? passage->speed() : std::nullopt;
}

void SpeedStore::note(const std::string& host, const Passage& download) const {
  if (host.empty() || !download.speed()) return;
  // That it may not be written is in the header.
  [[maybe_unused]] const auto written =
      write_file(path_of(host), fmt::format("tokcast.speed/1\n{}\n{} {:.3f} {}\n", host, download.bytes.value,
                                            download.time.value, clock_.unix_seconds()));
}

SpeedStore default_speed_store() {
  return SpeedStore(cache_directory() + "/speeds");
}

std::optional<LineSpeed> expected_speed(std::optional<BytesPerSecond> header,
                                        std::optional<BytesPerSecond> last_download,
                                        std::optional<std::uint64_t> limit) {
  std::optional<LineSpeed> out;
  if (header) out = {*header, SpeedFrom::kHeader};
  if (last_download && (!header || *last_download >= *header))
    out = {*last_download, SpeedFrom::kLastDownload};
  if (!limit) return out;
  const BytesPerSecond most(static_cast<double>(*limit));
  return out && out->rate <= most ? out : std::optional(LineSpeed{most, SpeedFrom::kLimit});
}

std::string host_of(const std::string& url) {
  const auto scheme = url.find("://");
  if (scheme == std::string::npos) return {};
  const auto begin = scheme + 3;
  const std::string authority = url.substr(begin, url.find_first_of("/?#", begin) - begin);
  const auto login = authority.rfind('@');
  return lower(login == std::string::npos ? authority : authority.substr(login + 1));
}

}  // namespace tokcast

#include "serve/whisper_server.h"

#include <fmt/format.h>

#include <chrono>
#include <filesystem>
#include <future>
#include <mutex>
#include <optional>
#include <random>
#include <thread>
#include <utility>

#include "base/interrupt.h"
#include "base/text.h"
#include "serve/engine_client.h"
#include "serve/loop.h"
#include "serve/loopback_port.h"
#include "serve/supervisor.h"
#include "serve/whisper_http.h"

namespace tokcast {
namespace {

constexpr Bytes kLongestAnswer{256 * kKibi.value};  // a minute of speech is some 2 kB
constexpr auto kLookPeriod = std::chrono::milliseconds(100);
constexpr unsigned kNoSuchPath = 404;  // versions before /health; they listen only once they are ready

std::string random_name() {
  std::random_device random;
  std::string out;
  for (int i = 0; i < 4; ++i) out += fmt::format("{:08x}", random());
  return out;
}

EngineSpec spec_of(const WhisperOptions& options, const std::string& path) {
  EngineSpec out{.arguments = {options.program, "--model", options.model, "--language", options.language,
                               "--threads", std::to_string(options.threads), "--host", "127.0.0.1", "--port",
                               "{port}", "--request-path", path}};
  out.model = options.model;
  out.health_path = path + "/health";
  out.healthy = {200, kNoSuchPath};
  return out;
}

ServeLimits call_limits(Seconds patience) {
  ServeLimits out;
  out.answer = kLongestAnswer;
  out.engine_silence = patience + Seconds(60);  // whoever waits goes before
  return out;
}

// One recording on its way. The loop's thread works on it, another one waits.
struct Call {
  std::promise<Result<std::string>> words{};
  std::unique_ptr<EngineCall> handle{};
  unsigned status = 0;
  std::string body{};
};

Error explain(const Error& error) {
  if (error.kind == ErrorKind::kBadInput) {
    return {ErrorKind::kEngineFailed, "whisper-server's answer makes no sense, or is too long"};
  }
  return {ErrorKind::kNetwork, "whisper-server broke off"};
}

class WhisperServer : public Transcriber {
 public:
  explicit WhisperServer(WhisperOptions options)
      : options_(std::move(options)), client_(loop_, call_limits(options_.patience)) {
    thread_ = std::thread([this] { loop_.run(); });
    SupervisorOptions how{.spec = spec_of(options_, path_), .name = "whisper"};
    how.niceness = 0;  // before the model
    supervisor_ =
        std::make_unique<Supervisor>(std::move(how), [this](const EngineStatus& status) { changed(status); });
  }
  WhisperServer(const WhisperServer&) = delete;
  WhisperServer& operator=(const WhisperServer&) = delete;
  ~WhisperServer() override {
    supervisor_.reset();
    loop_.stop();
    thread_.join();
  }

  SpeechBackend backend() const override {
    const EngineStatus status = status_now();
    SpeechBackend out{.kind = "stt", .name = "whisper_cpp", .path = options_.model};
    out.available = status.phase == EnginePhase::kReady;
    out.starts = status.starts;
    out.display = "whisper.cpp, " + printable(std::filesystem::path(options_.model).stem().string());
    if (!out.available) out.missing = why_not(status);
    return out;
  }

  Result<std::string> transcribe(std::span<const std::int16_t> samples) override {
    const EngineStatus status = status_now();
    if (status.phase != EnginePhase::kReady || !status.port) {
      return fail(ErrorKind::kNetwork, why_not(status));
    }
    if (!is_listened_to_by_us(*status.port))
      return fail(ErrorKind::kNetwork, "whisper-server has just ended");
    const auto call = std::make_shared<Call>();
    auto words = call->words.get_future();
    loop_.post([this, call, port = *status.port,
                request = whisper_request(path_ + "/inference", samples, random_name())]() mutable {
      begin(call, port, std::move(request));
    });
    const Seconds until = Loop::now() + options_.patience +
                          Seconds(static_cast<double>(samples.size()) / static_cast<double>(kDecoderRate));
    while (words.wait_for(kLookPeriod) != std::future_status::ready) {
      const auto why = why_give_up(status, until);
      if (!why) continue;
      loop_.post([call] { call->handle.reset(); });
      return std::unexpected(*why);
    }
    return words.get();
  }

 private:
  // On the loop's thread.
  void begin(const std::shared_ptr<Call>& call, std::uint16_t port, EngineRequest request) {
    client_.set_port(port);
    EngineEvents events;
    events.head = [call](unsigned status, std::string_view) { call->status = status; };
    events.body = [call](std::string_view bytes) { call->body += bytes; };
    events.end = [call](const std::optional<Error>& error) {
      call->handle.reset();  // here, not where the last owner is
      call->words.set_value(error ? std::unexpected(explain(*error))
                                  : read_whisper_answer(call->status, call->body));
    };
    call->handle = client_.call(std::move(request), std::move(events));
  }

  // While its answer is waited for.
  std::optional<Error> why_give_up(const EngineStatus& began, Seconds until) const {
    if (auto go_on = check_interrupt(); !go_on) return go_on.error();
    const EngineStatus status = status_now();
    const bool is_same = status.phase == EnginePhase::kReady && status.starts == began.starts;
    if (!is_same) return Error{ErrorKind::kNetwork, why_not(status)};
    if (Loop::now() > until)
      return Error{ErrorKind::kTimeout, "whisper-server took too long to recognise this"};
    return std::nullopt;
  }

  static std::string why_not(const EngineStatus& status) {
    switch (status.phase) {
      case EnginePhase::kLoading:
        return "whisper-server is loading its model";
      case EnginePhase::kStuck:
        return "whisper-server does not answer";
      case EnginePhase::kFailed:
        return fmt::format("whisper-server {}; it is started again in {}", status.reason,
                           format_seconds(status.retry_after.value_or(Seconds(0))));
      default:
        return "whisper-server has ended";
    }
  }

  EngineStatus status_now() const {
    const std::lock_guard lock(mutex_);
    return status_;
  }

  // From the supervisor's thread.
  void changed(const EngineStatus& status) {
    {
      const std::lock_guard lock(mutex_);
      status_ = status;
    }
    if (!options_.say) return;
    if (status.phase == EnginePhase::kReady) {
      options_.say(fmt::format("whisper-server is ready after {}",
                               format_seconds(status.load_time.value_or(Seconds(0)))));
    } else if (status.phase == EnginePhase::kFailed || status.phase == EnginePhase::kStuck) {
      options_.say(why_not(status));
    }
  }

  WhisperOptions options_;
  std::string path_ = "/" + random_name();
  mutable std::mutex mutex_{};
  EngineStatus status_{};  // under mutex_
  Loop loop_{};
  LoopbackEngineClient client_;
  std::thread thread_{};
  std::unique_ptr<Supervisor> supervisor_{};
};

}  // namespace

std::shared_ptr<Transcriber> start_whisper_server(WhisperOptions options) {
  return std::make_shared<WhisperServer>(std::move(options));
}

}  // namespace tokcast

#include "serve/server.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <utility>

#include "base/file.h"
#include "base/interrupt.h"
#include "base/text.h"
#include "serve/api.h"
#include "serve/engine_client.h"
#include "serve/engines.h"
#include "serve/event_log.h"
#include "serve/http_server.h"
#include "serve/notify.h"
#include "serve/page_cache.h"
#include "serve/session_host.h"

namespace tokcast {
namespace {

constexpr Seconds kLagPeriod{0.02};
constexpr Seconds kDrainPeriod{0.05};
constexpr Seconds kFactsPeriod{5};
constexpr std::size_t kQueuedAccounts = 256;

// What /proc says of our own process; read beside the loop.
struct OwnFacts {
  std::optional<double> resident_bytes{};
  std::optional<double> descriptors{};
};

OwnFacts read_own_facts() {
  OwnFacts out;
  if (const auto statm = read_line("/proc/self/statm")) {
    const auto fields = split(*statm, ' ');
    const auto pages = fields.size() > 1 ? parse_uint(fields[1]) : std::nullopt;
    if (pages) out.resident_bytes = static_cast<double>(*pages) * static_cast<double>(sysconf(_SC_PAGESIZE));
  }
  std::error_code error;
  double count = 0;
  for (std::filesystem::directory_iterator i("/proc/self/fd", error), end; !error && i != end;
       i.increment(error)) {
    ++count;
  }
  if (!error) out.descriptors = count;
  return out;
}

// Both at once? Of the old one's weights the kernel would take back what it can, so they count as used.
bool fits_beside(const Servable& old, const Servable& other) {
  const bool is_known = old.model.file_bytes && other.memory_need && other.memory_left;
  return is_known && *old.model.file_bytes + *other.memory_need <= *other.memory_left;
}

class Server {
 public:
  Server(ServeOptions options, std::string runtime_directory)
      : options_(std::move(options)),
        runtime_directory_(std::move(runtime_directory)),
        log_(options_.log_descriptor),
        client_(loop_, options_.limits),
        remote_(options_.servable.remote
                    ? std::make_unique<RemoteEngineClient>(loop_, options_.limits, *options_.servable.remote)
                    : nullptr),
        turns_(loop_, remote_ ? static_cast<EngineClient&>(*remote_) : client_, state_.metrics,
               options_.limits, options_.slots, [this](const TurnRecord& record) { turn_ended(record); }),
        notifier_(ServiceNotifier::from_environment()) {
    state_.limits = options_.limits;
    state_.access = options_.access;
    state_.http_budget = options_.http_budget;
    state_.version = options_.version;
    state_.created = static_cast<std::uint64_t>(
        std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch())
            .count());
    state_.turns = &turns_;
    state_.speech = no_speech();
    state_.log = [this](std::string_view event, const Json& facts) { log_.write(event, facts); };
    state_.switch_model = [this](const std::string& path, std::function<void(Result<void>)> done) {
      switch_model(path, std::move(done));
    };
    state_.parsers = &parsers_;
    state_.recognition = &recognition_;
    state_.synthesis = &synthesis_;
    if (options_.make_page) {
      page_.emplace(loop_, options_.make_page, options_.limits.page_age, options_.limits.page_waiters);
      state_.page = &*page_;
      state_.page_policy = options_.page_policy;
    }
    engines_ = std::make_unique<Engines>(loop_, parsers_, runtime_directory_,
                                         [this](const EngineStatus& status) { engine_changed(status); });
    take_servable();
  }
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;
  ~Server() {
    engines_.reset();
    std::error_code ignored;
    std::filesystem::remove_all(runtime_directory_, ignored);
  }

  Result<ServeEnd> run() {
    HttpHandlers handlers = api_handlers(state_);
    handlers.web_socket = [this](std::shared_ptr<WebSocket> socket, const WebRequest& head) {
      return open_session(state_, std::move(socket), head);
    };
    auto listener = HttpServer::listen(loop_, options_.address, options_.port, options_.limits,
                                       std::move(handlers), options_.tls);
    if (!listener) return std::unexpected(listener.error());
    listener_ = std::move(*listener);
    greet();
    start_engine();
    start_speech();
    loop_.when_readable(interrupt_descriptor(), [this] { begin_drain(); });
    loop_.watch_lag(kLagPeriod, [this](Seconds lag) { saw_lag(lag); });
    tick_facts();
    tick_watchdog();
    loop_.run();
    listener_.reset();
    return end_;
  }

 private:
  void greet() {
    const std::string where = options_.address.find(':') == std::string::npos
                                  ? fmt::format("{}:{}", options_.address, listener_->port())
                                  : fmt::format("[{}]:{}", options_.address, listener_->port());
    const char* letter = options_.tls ? "s" : "";
    options_.say(fmt::format("listening on http{0}://{1} (and ws{0}://), loading {2}", letter, where,
                             state_.model.id));
    log_.write("listening", {{"address", options_.address},
                             {"port", listener_->port()},
                             {"model", state_.model.id},
                             {"version", options_.version}});
    notifier_.tell(fmt::format("READY=1\nSTATUS=loading {}", state_.model.id));
  }

  // Whether one elsewhere answers shows with every turn: asking it all the while might cost money.
  void start_engine() {
    if (!remote_) return engines_->start(options_.servable.spec);
    engine_changed({.phase = EnginePhase::kReady, .model = state_.model.id});
  }

  void engine_changed(const EngineStatus& status) {
    if (status.starts > counted_starts_) state_.metrics.count(Counter::kEngineStarts);
    counted_starts_ = status.starts;
    state_.engine = status;
    client_.set_socket(status.phase == EnginePhase::kFailed ? "" : status.socket_path);
    turns_.set_engine(status);
    look_at_switch(status);
    log_.write("engine", status_json(status));
    notifier_.tell(fmt::format("STATUS={} {}", phase_name(status.phase), status.model));
    if (status.phase == EnginePhase::kReady) {
      options_.say(status.load_time ? fmt::format("ready after {}", format_seconds(*status.load_time))
                                    : "ready");
    } else if (status.phase == EnginePhase::kFailed) {
      options_.say(fmt::format("the engine {}; starting it again in {}", status.reason,
                               format_seconds(status.retry_after.value_or(Seconds(0)))));
    } else if (status.phase == EnginePhase::kStuck) {
      options_.say("the engine does not answer");
    }
  }

  void start_speech() {
    if (!options_.make_speech) return;
    recognition_.run([this] {
      std::shared_ptr<Speech> speech = options_.make_speech();
      loop_.post([this, speech] { state_.speech = speech; });
    });
  }

  // One at a time.
  void switch_model(const std::string& path, std::function<void(Result<void>)> done) {
    if (switching_ || !options_.find_model) {
      return done(fail(ErrorKind::kUnsupported,
                       switching_ ? "a model is being loaded already" : "models cannot be changed here"));
    }
    switching_ = std::move(done);
    const bool taken = parsers_.run([this, path] {
      auto found = std::make_shared<Result<Servable>>(options_.find_model(path));
      loop_.post([this, found] { begin_switch(std::move(*found)); });
    });
    if (!taken) end_switch(fail(ErrorKind::kTimeout, "too much is asked at once"));
  }

  // Beside the old one where memory allows, so that turns go on meanwhile; else in its place.
  void begin_switch(Result<Servable> found) {
    if (!found) return end_switch(std::unexpected(found.error()));
    if (fits_beside(options_.servable, *found)) return switch_beside(std::move(*found));
    before_ = std::exchange(options_.servable, std::move(*found));
    starts_before_ = state_.engine.starts;
    use_servable();
  }

  void switch_beside(Servable next) {
    const EngineSpec spec = next.spec;
    log_.write("loading", {{"model", next.model.id}, {"beside", state_.model.id}});
    engines_->load_beside(
        spec,
        [this, next = std::make_shared<Servable>(std::move(next))](const EngineStatus& status) {
          if (status.phase != EnginePhase::kReady) {
            return end_switch(fail(ErrorKind::kEngineFailed,
                                   "the model could not be loaded: " + status.reason, {},
                                   "The one before serves on."));
          }
          options_.servable = std::move(*next);
          last_of_old_ = turns_.newest();
          counted_starts_ = 0;
          take_servable();
          end_switch({});
        },
        [this] { return !turns_.runs_up_to(last_of_old_); }, options_.limits.drain_time);
  }

  void take_servable() {
    state_.model = options_.servable.model;
    state_.account = account_of(options_.servable);
    state_.turn_budget = options_.servable.turn_budget.value_or(options_.turn_budget);
    turns_.set_pace(Pace(options_.servable.forecaster), options_.servable.load);
  }

  void use_servable() {
    take_servable();
    engines_->replace(options_.servable.spec);
  }

  // Once the engine says how the new model took. One that does not load gives way to the one before.
  void look_at_switch(const EngineStatus& status) {
    if (!switching_ || !before_ || status.starts <= starts_before_) return;
    if (status.phase == EnginePhase::kReady) {
      before_.reset();
      return end_switch({});
    }
    if (status.phase != EnginePhase::kFailed) return;
    options_.servable = std::move(*std::exchange(before_, std::nullopt));
    use_servable();
    end_switch(fail(ErrorKind::kEngineFailed, "the model could not be loaded: " + status.reason, {},
                    "The one before is being loaded again."));
  }

  void end_switch(const Result<void>& result) {
    if (const auto done = std::exchange(switching_, nullptr)) done(result);
  }

  void turn_ended(const TurnRecord& record) {
    log_.write("turn", record_json(record));
    state_.recent.push_front(record);
    if (state_.recent.size() > options_.limits.recent_turns) state_.recent.pop_back();
  }

  // What begins from now on is this model's, even if another one serves when it is over.
  TurnAccount account_of(const Servable& servable) {
    if (!servable.account) return {};
    return [this, account = servable.account](const ServedTurn& turn) {
      if (!accounts_.run([account, turn] { account(turn); })) {
        state_.metrics.count(Counter::kAccountsDropped);
      }
    };
  }

  void saw_lag(Seconds lag) {
    state_.metrics.observe(Histogram::kLoopLag, lag);
    recent_lag_ = std::max(recent_lag_, lag);
    if (lag <= longest_lag_) return;
    longest_lag_ = lag;
    state_.metrics.set(Gauge::kLoopLagMax, lag.value);
  }

  void tick_facts() {
    parsers_.run([this] {
      const OwnFacts facts = read_own_facts();
      loop_.post([this, facts] {
        if (facts.resident_bytes) state_.metrics.set(Gauge::kResidentBytes, *facts.resident_bytes);
        if (facts.descriptors) state_.metrics.set(Gauge::kOpenDescriptors, *facts.descriptors);
      });
    });
    const auto dropped = static_cast<double>(log_.dropped());
    state_.metrics.count(Counter::kLogDropped, {}, dropped - state_.metrics.value(Counter::kLogDropped));
    state_.metrics.set(Gauge::kLoopLagRecentMax, std::max(recent_lag_, lag_before_).value);
    lag_before_ = std::exchange(recent_lag_, {});
    if (listener_) {
      state_.metrics.set(Gauge::kConnections, static_cast<double>(listener_->connections()));
      state_.metrics.set(Gauge::kWebSockets, static_cast<double>(listener_->web_sockets()));
    }
    facts_timer_ = loop_.after(kFactsPeriod, [this] { tick_facts(); });
  }

  void tick_watchdog() {
    const auto period = notifier_.watchdog_period();
    if (!period) return;
    notifier_.tell("WATCHDOG=1");
    watchdog_timer_ = loop_.after(*period, [this] { tick_watchdog(); });
  }

  // No new work; what runs may end; then the end.
  void begin_drain() {
    end_.signal = interrupt_signal().value_or(0);
    state_.draining = true;
    drain_until_ = Loop::now() + options_.limits.drain_time;
    notifier_.tell("STOPPING=1");
    if (turns_.running() + turns_.queued() > 0) {
      options_.say(fmt::format("ending: {} turns may finish within {}", turns_.running() + turns_.queued(),
                               format_seconds(options_.limits.drain_time)));
    }
    log_.write("draining", {{"running", turns_.running()}, {"queued", turns_.queued()}});
    listener_->drain();
    look_if_drained();
  }

  void look_if_drained() {
    const bool is_done = turns_.running() + turns_.queued() == 0;
    if (is_done && !std::exchange(said_goodbye_, true)) listener_->leave();
    if (is_done && (listener_->connections() == 0 || linger_-- <= 0)) return loop_.stop();
    if (Loop::now() > drain_until_) {
      end_.cut = !is_done;
      return loop_.stop();
    }
    drain_timer_ = loop_.after(kDrainPeriod, [this] { look_if_drained(); });
  }

  ServeOptions options_;
  std::string runtime_directory_;
  Loop loop_{};
  ServerState state_{.loop = loop_};
  EventLog log_;
  UnixEngineClient client_;
  std::unique_ptr<RemoteEngineClient> remote_;  // nullptr: the engine is our child
  Turns turns_;
  ServiceNotifier notifier_;
  std::unique_ptr<HttpServer> listener_{};
  std::unique_ptr<Engines> engines_{};
  std::uint64_t counted_starts_ = 0;
  Seconds longest_lag_{};
  Seconds recent_lag_{};  // longest since the last kFactsPeriod began
  Seconds lag_before_{};  // ... and in the one before
  Seconds drain_until_{};
  int linger_ = 40;  // times kDrainPeriod, for answers that are still on their way out
  bool said_goodbye_ = false;
  ServeEnd end_{};
  std::function<void(Result<void>)> switching_{};
  std::optional<Servable> before_{};
  std::uint64_t starts_before_ = 0;
  Turns::Id last_of_old_ = 0;  // that the engine before the last switch may still run
  std::unique_ptr<LoopTimer> facts_timer_{};
  std::unique_ptr<LoopTimer> watchdog_timer_{};
  std::unique_ptr<LoopTimer> drain_timer_{};
  // Last, so that their threads end first.
  WorkerPool accounts_{1, kQueuedAccounts, WorkerPool::AtEnd::kFinishQueue};
  WorkerPool parsers_{1, 64};
  WorkerPool recognition_{options_.speech_threads, 64};
  WorkerPool synthesis_{options_.speech_threads, 64};
  std::optional<PageCache> page_{};
};

}  // namespace

Result<ServeEnd> serve(ServeOptions options) {
  auto folder = make_runtime_directory();
  if (!folder) return std::unexpected(folder.error());
  Server server(std::move(options), std::move(*folder));
  return server.run();
}

}  // namespace tokcast

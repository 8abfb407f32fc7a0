// Everything that a local-ai client can say, to a session without a server: frames, a line each; what a line
// begins with says what else happens in between.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <string>

#include "base/text.h"
#include "serve/session.h"

namespace {

using namespace tokcast;

class Port : public SessionPort {
 public:
  void send_text(std::string text) override {
    if (!parse_json(text, "sent")) abort();
  }
  void send_binary(std::string /*bytes*/) override {}
  void close(std::uint16_t /*code*/, std::string_view /*reason*/) override {}
  std::expected<Turns::Id, TurnFailure> start_turn(TurnRequest request, TurnEvents events) override {
    if (!parse_json(request.body, "request")) abort();
    turns[++last] = std::move(events);
    return last;
  }
  void cancel_turn(Turns::Id id) override { turns.erase(id); }
  bool hear(std::string /*pcm16*/, const RecogniserOptions& /*options*/,
            std::function<void(Result<Recognised>, Seconds)> heard) override {
    on_heard = std::move(heard);
    return true;
  }
  void stop_hearing() override { on_heard = nullptr; }
  bool speak(SynthesisRequest /*request*/, std::function<void(Result<std::string>)> spoken) override {
    on_spoken = std::move(spoken);
    return true;
  }
  void stop_speaking() override { on_spoken = nullptr; }
  Seconds now() const override { return Seconds(1); }
  void turn_answered(const TurnTimeline& /*times*/) override {}
  void turn_over(const TurnTimeline& /*times*/, bool /*was_cut*/) override {}
  std::string recogniser_name() const override { return "ear"; }
  std::string synthesiser_name() const override { return "mouth"; }
  Json status() const override { return Json::object(); }
  std::vector<SpeechBackend> backends() const override { return {}; }
  void switch_model(std::string /*path*/, std::function<void(Result<void>)> done) override { done({}); }
  std::string model_path() const override { return "/m"; }

  std::map<Turns::Id, TurnEvents> turns{};
  Turns::Id last = 0;
  std::function<void(Result<Recognised>, Seconds)> on_heard{};
  std::function<void(Result<std::string>)> on_spoken{};
};

void step(Port& port, Session& session, std::string_view line) {
  const std::string rest(line.empty() ? line : line.substr(1));
  const auto turn = port.turns.empty() ? TurnEvents{} : port.turns.begin()->second;
  switch (line.empty() ? '\0' : line.front()) {
    case 'E':
      if (turn.started) turn.started();
      if (turn.event) turn.event(rest);
      break;
    case 'A':
      if (turn.answer) turn.answer(rest.size() % 2 == 0 ? 200 : 400, rest);
      break;
    case 'D':
      if (!port.turns.empty()) port.turns.erase(port.turns.begin());
      if (turn.end) turn.end(rest.empty() ? std::nullopt : std::optional(TurnFailure{.message = rest}));
      break;
    case 'H':
      if (const auto heard = port.on_heard)
        heard(Recognised{.text = rest, .is_final = rest.size() % 2 == 0}, Seconds(1));
      break;
    case 'S':
      if (const auto spoken = std::exchange(port.on_spoken, nullptr)) spoken(rest);
      break;
    case 'B':
      session.got_binary(rest);
      break;
    default:
      session.got_text(line);
      break;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Port port;
  Session session(port, {});
  for (const std::string_view line : split({reinterpret_cast<const char*>(data), size}, '\n')) {
    step(port, session, line);
  }
  return 0;
}

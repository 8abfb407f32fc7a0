// What the engine streams: server-sent events, the text in them, and the reply that they make together.
// Pieces of any size must give the same.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "serve/local_ai.h"
#include "serve/sse.h"
#include "serve/whole_reply.h"
#include "speech/spoken_text.h"

namespace {

std::vector<std::string> events_of(std::string_view text, std::size_t piece) {
  std::vector<std::string> out;
  tokcast::SseParser parser{tokcast::Bytes(4096)};
  for (std::size_t i = 0; i < text.size(); i += piece) {
    const auto fed =
        parser.feed(text.substr(i, piece), [&](std::string_view data) { out.emplace_back(data); });
    if (!fed) break;
  }
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > 4096) return 0;  // what is too long is cut at another place in each division
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto whole = events_of(text, text.size() + 1);
  for (const std::size_t piece : {1, 3, 7}) {
    if (events_of(text, piece) != whole) abort();
  }
  std::string spoken;
  for (const std::string& event : whole) spoken += tokcast::delta_text(event).value_or("");
  tokcast::take_sentences(spoken);
  tokcast::WholeReply reply;
  for (const std::string& event : whole) {
    if (!reply.add(event)) break;
  }
  if (!tokcast::parse_json(reply.text(), "reply")) abort();
  return 0;
}

// What a model is wanted for: a named turn, its budgets, and what a model must be able to do.
//
// A use is a workload that stands for many of its kind, so that nobody has to count tokens before asking.
// Every number can be overridden; docs/CATALOGUE.md lists them.
//
//   voice  One spoken exchange. 128 tokens of prompt (an instruction and a sentence or two), a 30-token reply
//          (some 22 spoken words, about 9 s of speech), the whole turn in 10 s: the turn of the story that
//          this tool grew from. 10 s is also how long a person stays with a machine that says nothing
//          (Nielsen, Usability Engineering, 1993, ch. 5).
//   chat   A turn in the midst of a conversation. 2,048 tokens of it are in the context, 128 new ones are
//   read,
//          256 written (LMSYS-Chat-1M, arXiv 2309.11998: 70 tokens a prompt and 215 a reply on average;
//          rounded up). First token in 10 s (Nielsen, as above), the turn in 60 s: about the speed at which
//          people read silently, 238 words a minute (Brysbaert 2019) at 0.75 words a token, 5.3 tokens/s.
//   code   A question about code in an editor or an agent's step: 6,144 tokens of prompt, of which 4,096
//          (instructions, tools, files that did not change) are in the context already; 512 written, a
//          function or a patch. First token in 30 s, the turn in 180 s. Our own judgement: no published
//          figure stands behind these budgets.
//   batch  Documents read without anybody waiting: 2,048 tokens of document, a summary of 256 tokens,
//          a thousand of them in a night of 8 h 20 min: 30 s each. One at a time: several at once are not
//          forecast.
//
// The figures of the three publications are quoted from general knowledge and were not fetched.
#ifndef TOKCAST_CHOOSE_USE_H_
#define TOKCAST_CHOOSE_USE_H_

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "forecast/forecast.h"

namespace tokcast {

// What a model must be able to do. A model that is known not to is no candidate; one of which nothing is
// known is, and its reasons say so.
struct Needs {
  bool chat = true;      // follow instructions: no base model
  bool at_once = false;  // answer at once: none that always thinks first, its reply is longer than told here
  bool code = false;     // wished for: made for code wins among equals
  bool tools = false;    // wished for: calls tools
  std::vector<std::string> languages{};  // must have: ISO 639-1, lower case ("de"); empty: not asked
};

struct Use {
  std::string_view name;   // "voice"
  std::string_view title;  // one line for help and lists
  Workload workload;       // with budgets, and with the context it needs
  Needs needs{};
};

// voice, chat, code, batch; the first is the default of every command.
std::span<const Use> uses();

// By name, ignoring case. Errors: kUsage naming all of them, with the nearest as fix.
Result<Use> find_use(std::string_view name);

// "voice, chat, code or batch".
std::string use_names();

}  // namespace tokcast

#endif  // TOKCAST_CHOOSE_USE_H_

// `tokcast promises`: what was promised, and what came of it.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "base/text.h"
#include "cli/command.h"
#include "cli/common_options.h"
#include "cli/find_model.h"
#include "cli/forecast_one.h"
#include "cli/forecast_text.h"
#include "cli/interval_plot.h"
#include "cli/output.h"
#include "cli/promise_of.h"
#include "cli/promised_file.h"
#include "cli/promises_text.h"
#include "cli/setting.h"
#include "cli/workload_options.h"
#include "ledger/ledger.h"
#include "ledger/ledger_json.h"

namespace tokcast {
namespace {

struct ListOptions {
  std::string model;
  bool all = false;
  bool plot = false;
  CommonOptions common{};
};

struct ShowOptions {
  std::int64_t id = 0;
  bool json = false;
};

struct AcceptOptions {
  std::string model;
  WorkloadOptions workload{};
  CommonOptions common{};
};

struct AddOptions {
  std::optional<std::string> model{};
  std::optional<std::int64_t> promise{};
  std::optional<double> turn_seconds{};
  std::optional<double> first_token_seconds{};
  std::optional<double> prefill_rate{};
  std::optional<double> decode_rate{};
  std::optional<std::uint64_t> prompt{};
  std::optional<std::uint64_t> cached{};
  std::optional<std::uint64_t> reply{};
  std::optional<std::uint64_t> depth{};
  std::uint32_t concurrency = 1;
};

Result<Account> account_of(const Ledger& ledger, Promise promise, bool with_samples) {
  auto actuals = ledger.actuals(promise.id, with_samples);
  if (!actuals) return std::unexpected(actuals.error());
  Outcome outcome = outcome_of(promise, *actuals);
  const FileState file = state_of_file(promise);
  return Account{std::move(promise), std::move(*actuals), std::move(outcome), file};
}

bool same_subject(const Promise& a, const Promise& b) {
  const Workload& x = a.workload;
  const Workload& y = b.workload;
  return a.model == b.model && a.shape_key == b.shape_key &&
         a.site.hardware_identity == b.site.hardware_identity && a.threads == b.threads &&
         x.prompt_tokens == y.prompt_tokens && x.cached_tokens == y.cached_tokens &&
         x.reply_tokens == y.reply_tokens && x.depth_tokens == y.depth_tokens && x.sessions == y.sessions;
}

// Newest first; of several promises of one turn of one model only the newest, unless all are wanted.
Result<std::vector<Account>> accounts_in(const Ledger& ledger, const ListOptions& options) {
  auto promises = ledger.promises({.model = options.model});
  if (!promises) return std::unexpected(promises.error());
  std::vector<Account> out;
  for (Promise& promise : *promises) {
    const bool superseded =
        std::ranges::any_of(out, [&](const Account& a) { return same_subject(a.promise, promise); });
    if (superseded && !options.all) continue;
    auto account = account_of(ledger, std::move(promise), false);
    if (!account) return std::unexpected(account.error());
    out.push_back(std::move(*account));
  }
  return out;
}

// Of this machine, as its hardware is.
Result<std::vector<StageMedians>> stages_in(const Ledger& ledger, const ListOptions& options,
                                            const Machine& machine) {
  const auto served = ledger.served({.by = options.model, .hardware_identity = machine.hardware_identity()});
  if (!served) return std::unexpected(served.error());
  return stage_medians(*served);
}

std::vector<Lesson> lessons_of(const Setting& setting) {
  std::vector<Lesson> out;
  if (!setting.past) return out;
  using enum Evidence;
  for (const Evidence rung : {kRehearsed, kCalibrated, kEstimated, kLookedUp}) {
    out.push_back({rung, setting.past->correction(rung, setting.threads({}))});
  }
  return out;
}

Json list_document(const std::vector<Account>& accounts, const std::vector<Lesson>& lessons,
                   const std::vector<StageMedians>& stages) {
  Json promises = Json::array();
  for (const Account& account : accounts) {
    promises.push_back({{"promise", promise_to_json(account.promise)},
                        {"outcome", outcome_to_json(account.outcome)},
                        {"file", file_state_name(account.file)}});
  }
  Json learned = Json::array();
  for (const auto& [evidence, correction] : lessons) {
    learned.push_back(
        {{"evidence", evidence_name(evidence)}, {"correction", correction_to_json(correction)}});
  }
  const Coverage coverage = coverage_of(accounts);
  const Json share =
      coverage.compared == 0 ? Json() : Json(double(coverage.inside) / double(coverage.compared));
  return {{"schema", "tokcast.promises/1"},
          {"ledger", default_ledger_path()},
          {"promises", std::move(promises)},
          {"coverage",
           {{"promised", kCoverage},
            {"compared", coverage.compared},
            {"inside", coverage.inside},
            {"share", share}}},
          {"learned", std::move(learned)},
          {"stages", stages_to_json(stages)}};
}

bool any_broken(const std::vector<Account>& accounts) {
  return std::ranges::any_of(accounts,
                             [](const Account& a) { return a.outcome.standing == Standing::kBroken; });
}

Result<ExitCode> list(const ListOptions& options) {
  const auto ledger = Ledger::open_existing(default_ledger_path());
  if (!ledger) return std::unexpected(ledger.error());
  const auto setting = read_setting(options.common);
  if (!setting) return std::unexpected(setting.error());
  Result<std::vector<Account>> accounts = std::vector<Account>{};
  Result<std::vector<StageMedians>> stages = std::vector<StageMedians>{};
  if (*ledger) {
    accounts = accounts_in(**ledger, options);
    stages = stages_in(**ledger, options, setting->machine);
  }
  if (!accounts) return std::unexpected(accounts.error());
  if (!stages) return std::unexpected(stages.error());
  if (accounts->empty() && stages->empty() && !options.model.empty()) {
    return fail(ErrorKind::kNotFound, "nothing was promised of this model", printable(options.model),
                "`tokcast promises` lists what was.");
  }
  const auto lessons = lessons_of(*setting);
  const Terminal terminal = terminal_of(1);
  if (options.common.json) {
    print_json(list_document(*accounts, lessons, *stages));
  } else if (options.plot) {
    print_text(promises_plot(*accounts, locale_is_unicode(), terminal));
  } else {
    print_text(promises_text(*accounts, lessons, *stages, terminal));
  }
  return any_broken(*accounts) ? ExitCode::kBreaks : ExitCode::kDone;
}

Result<Ledger> existing_ledger() {
  auto ledger = Ledger::open_existing(default_ledger_path());
  if (!ledger) return std::unexpected(ledger.error());
  if (*ledger) return std::move(**ledger);
  return fail(ErrorKind::kNotFound, "nothing was promised yet", default_ledger_path(),
              "`tokcast bench FILE` or `tokcast promises accept MODEL` begins a ledger.");
}

Result<Ledger> writable_ledger() {
  auto ledger = Ledger::open(default_ledger_path());
  if (ledger && !ledger->notice().empty()) say(ledger->notice());
  return ledger;
}

Result<ExitCode> show(const ShowOptions& options) {
  const auto ledger = existing_ledger();
  if (!ledger) return std::unexpected(ledger.error());
  auto promise = ledger->promise(options.id);
  if (!promise) return std::unexpected(promise.error());
  const auto account = account_of(*ledger, std::move(*promise), options.json);
  if (!account) return std::unexpected(account.error());
  if (options.json) {
    Json actuals = Json::array();
    for (const Actual& actual : account->actuals) actuals.push_back(actual_to_json(actual));
    print_json({{"schema", "tokcast.promise/1"},
                {"promise", promise_to_json(account->promise)},
                {"outcome", outcome_to_json(account->outcome)},
                {"file", file_state_name(account->file)},
                {"actuals", std::move(actuals)}});
  } else {
    print_text(promise_text(*account, terminal_of(1)));
  }
  return account->outcome.standing == Standing::kBroken ? ExitCode::kBreaks : ExitCode::kDone;
}

Result<ExitCode> accept(const AcceptOptions& options) {
  const auto shape = find_model(options.model);
  if (!shape) return std::unexpected(shape.error());
  const auto setting = read_setting(options.common);
  if (!setting) return std::unexpected(setting.error());
  if (!setting->engine) return std::unexpected(setting->engine.error());
  const auto question = question_from(options.workload, *setting);
  if (!question) return std::unexpected(question.error());
  LadderOnDemand ladder(*setting, *question);
  const Forecast answer = forecast_one(options.model, *shape, *setting, ladder, *question);
  if (!answer.turn)
    return fail(ErrorKind::kNotFound, "nothing is known that could be promised: " + answer.reasons.back(),
                shape->id);
  auto ledger = writable_ledger();
  if (!ledger) return std::unexpected(ledger.error());
  Promise promise = promise_of(*shape, answer, *setting, question->threads, AcceptedBy::kUser);
  if (shape->header.file_bytes && std::filesystem::exists(options.model)) {
    if (auto noted = note_file(promise, options.model); !noted) return std::unexpected(noted.error());
  }
  const auto id = ledger->accept(promise);
  if (!id) return std::unexpected(id.error());
  if (options.common.json) {
    print_json({{"schema", "tokcast.promise/1"},
                {"promise", promise_to_json(*ledger->promise(*id))},
                {"outcome", outcome_to_json({})},
                {"file", file_state_name(state_of_file(promise))},
                {"actuals", Json::array()}});
  } else {
    print_text(fmt::format("Promise {}: {}\n", *id, headline(*shape, answer, setting->context())));
  }
  return ExitCode::kDone;
}

// The promise that an actual of another program belongs to.
Result<Promise> promise_meant(const Ledger& ledger, const AddOptions& options, const Machine& machine) {
  if (options.promise) return ledger.promise(*options.promise);
  if (!options.model) {
    return fail(ErrorKind::kUsage, "whose turn was it?", "--model or --promise",
                "`tokcast promises` lists the models that something was promised of.");
  }
  auto found =
      ledger.promises({.model = *options.model, .hardware_identity = machine.hardware_identity(), .most = 1});
  if (!found) return std::unexpected(found.error());
  if (!found->empty()) return std::move(found->front());
  return fail(ErrorKind::kNotFound, "nothing was promised of this model on this machine",
              printable(*options.model),
              "Promise something first: tokcast promises accept " + shell_word(*options.model) + ".");
}

template <typename Quantity>
std::optional<Quantity> as(const std::optional<double>& value) {
  return value ? std::optional(Quantity(*value)) : std::nullopt;
}

Result<ExitCode> add(const AddOptions& options) {
  const bool anything =
      options.turn_seconds || options.first_token_seconds || options.prefill_rate || options.decode_rate;
  if (!anything) {
    return fail(ErrorKind::kUsage, "nothing was measured", "tokcast promises add",
                "Give --turn-seconds, --first-token-seconds, --prefill-rate or --decode-rate.");
  }
  if (auto existing = existing_ledger(); !existing) return std::unexpected(existing.error());
  auto ledger = writable_ledger();
  if (!ledger) return std::unexpected(ledger.error());
  const Machine machine = read_machine();
  const auto promise = promise_meant(*ledger, options, machine);
  if (!promise) return std::unexpected(promise.error());
  // Which engine another program runs is not known.
  const Site site = site_of(machine, Engine{.name = "", .directory = ""});
  const auto id = ledger->add({.promise_id = promise->id,
                               .kind = ActualKind::kTurn,
                               .site = site,
                               .concurrency = options.concurrency,
                               .prompt_tokens = options.prompt,
                               .cached_tokens = options.cached,
                               .reply_tokens = options.reply,
                               .depth_tokens = options.depth,
                               .first_token = as<Seconds>(options.first_token_seconds),
                               .prefill = as<TokensPerSecond>(options.prefill_rate),
                               .decode = as<TokensPerSecond>(options.decode_rate),
                               .turn = as<Seconds>(options.turn_seconds)});
  if (!id) return std::unexpected(id.error());
  const auto account = account_of(*ledger, *promise, false);
  if (!account) return std::unexpected(account.error());
  print_text(fmt::format("Kept with promise {}, which is {}{}.\n", promise->id,
                         standing_name(account->outcome.standing),
                         account->outcome.reason.empty() ? "" : ": " + account->outcome.reason));
  return account->outcome.standing == Standing::kBroken ? ExitCode::kBreaks : ExitCode::kDone;
}

CLI::Validator positive_number() {
  const auto check = [](const std::string& text) -> std::string {
    const auto number = parse_double(text);
    return number && *number > 0 && *number < 1e9
               ? ""
               : fmt::format("'{}' is not a positive number", printable(text));
  };
  return CLI::Validator(check, "");
}

Command add_show(CLI::App& promises) {
  const auto options = std::make_shared<ShowOptions>();
  CLI::App* parser = promises.add_subcommand("show", "One promise with all its actuals");
  parser->add_option("ID", options->id, "As `tokcast promises` lists it")->required()->type_name("");
  parser->add_flag("--json", options->json, "One JSON document, with raw samples");
  parser->footer("Example:\n  tokcast promises show 3");
  return {parser, [options] { return show(*options); }};
}

Command add_accept(CLI::App& promises) {
  const auto options = std::make_shared<AcceptOptions>();
  CLI::App* parser = promises.add_subcommand("accept", "Keep the forecast of a model as its promise");
  parser->add_option("MODEL", options->model, kModelHelp)->required()->type_name("");
  options->workload.add_to(*parser);
  options->common.add_engine_to(*parser);
  options->common.add_json_to(*parser);
  parser->footer("Example:\n  tokcast promises accept llama-3.2-3b-instruct --reply 100 --budget 20");
  return {parser, [options] { return accept(*options); }};
}

Command add_add(CLI::App& promises) {
  const auto options = std::make_shared<AddOptions>();
  CLI::App* parser = promises.add_subcommand("add", "Keep what another program measured");
  parser->add_option("--model", options->model, "Of its newest promise on this machine")->type_name("MODEL");
  parser->add_option("--promise", options->promise, "Of this one")->type_name("ID");
  const auto number = [&](const char* name, auto& value, const char* text, const char* unit) {
    parser->add_option(name, value, text)->check(positive_number())->type_name(unit);
  };
  number("--turn-seconds", options->turn_seconds, "The whole turn", "SECONDS");
  number("--first-token-seconds", options->first_token_seconds, "Until the first token", "SECONDS");
  number("--prefill-rate", options->prefill_rate, "Prompt tokens a second", "N");
  number("--decode-rate", options->decode_rate, "Reply tokens a second", "N");
  const auto count = [&](const char* name, auto& value, const char* text) {
    parser->add_option(name, value, text)->check(CLI::Range(0, 1 << 30))->type_name("N");
  };
  count("--prompt", options->prompt, "Tokens of the prompt, where not as promised");
  count("--cached", options->cached, "... of these, in the context already");
  count("--reply", options->reply, "Tokens of the reply");
  count("--depth", options->depth, "Tokens in the context before the turn");
  parser->add_option("--concurrency", options->concurrency, "Turns that ran at once (1)")
      ->check(CLI::Range(1, 4096))
      ->type_name("N");
  parser->footer(R"(Example:
  tokcast promises add --model llama-3.2-3b-instruct --turn-seconds 7.9

Turns of other tokens than the promised ones are kept but not compared.)");
  return {parser, [options] { return add(*options); }};
}

constexpr const char* kExamples = R"(Examples:
  tokcast promises                         promised against actual, newest first
  tokcast promises llama-3.2-3b-instruct   those of one model
  tokcast promises --plot                  intervals as bars, actuals as dots
  tokcast promises show 3
  tokcast promises accept llama-3.2-3b-instruct --budget 8
  tokcast promises add --model llama-3.2-3b-instruct --turn-seconds 7.9

A promise is broken if the median of its last turns is above its high end or
beyond its budget. The exit code: 0 all kept or untested, 21 one is broken.)";

}  // namespace

Command add_promises(CLI::App& root) {
  const auto options = std::make_shared<ListOptions>();
  CLI::App* parser = root.add_subcommand("promises", "Promised against actual: who broke");
  parser->add_option("MODEL", options->model, "Only of this one")->type_name("");
  parser->add_flag("--all", options->all, "Also those that a newer one replaces");
  parser->add_flag("--plot", options->plot, "Intervals as bars, actuals as dots");
  options->common.add_engine_to(*parser);
  options->common.add_json_to(*parser);
  parser->footer(kExamples);
  const std::vector<Command> below{add_show(*parser), add_accept(*parser), add_add(*parser)};
  return {parser, [options, below] {
            for (const Command& one : below) {
              if (one.parser->parsed()) return one.run();
            }
            return list(*options);
          }};
}

}  // namespace tokcast

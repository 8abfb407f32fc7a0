#include "cli/serve_accounts.h"

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "ledger/ledger.h"
#include "rehearse/rehearsal.h"

namespace tokcast {
namespace {

class Accounts {
 public:
  Accounts(AccountSubject subject, std::function<void(const std::string&)> complain)
      : subject_(std::move(subject)), complain_(std::move(complain)) {}

  void keep(const ServedTurn& turn) {
    open();
    if (!ledger_) return;
    Served served = turn.served;
    if (served.by.empty()) served.by = subject_.model;
    served.site = subject_.site;
    const bool is_actual = promise_ && turn.engine && turn.engine->outcome == "done" && turn.engine->size;
    const auto kept = ledger_->add(served, is_actual ? std::optional(actual_of(*turn.engine)) : std::nullopt);
    if (!kept) give_up(kept.error());
  }

 private:
  void open() {
    if (std::exchange(opened_, true)) return;
    auto ledger = Ledger::open(default_ledger_path());
    if (!ledger) return give_up(ledger.error());
    ledger_ = std::move(*ledger);
    if (subject_.shape_key.empty()) return;
    const auto found = ledger_->promises(
        {.shape_key = subject_.shape_key, .hardware_identity = subject_.site.hardware_identity, .most = 1});
    if (!found) return give_up(found.error());
    if (!found->empty()) promise_ = found->front().id;
  }

  void give_up(const Error& error) {
    ledger_.reset();
    complain_("turns are not kept: " + describe(error));
  }

  // A promise is about the engine's time; what a turn waited for others is the server's own account.
  Actual actual_of(const TurnRecord& record) const {
    Actual out{.promise_id = *promise_,
               .kind = ActualKind::kTurn,
               .site = subject_.site,
               .threads = subject_.threads};
    out.prompt_tokens = record.size->prompt_tokens;
    out.cached_tokens = record.size->cached_tokens;
    out.reply_tokens = record.size->reply_tokens;
    out.depth_tokens = 0;
    out.turn = record.total - record.waited;
    if (record.first_token) out.first_token = *record.first_token - record.waited;
    if (record.forecast_of_size) {
      out.forecast.first_token = record.forecast_of_size->first_token;
      out.forecast.turn = record.forecast_of_size->turn;
    }
    return out;
  }

  AccountSubject subject_;
  std::function<void(const std::string&)> complain_;
  bool opened_ = false;
  std::optional<Ledger> ledger_{};
  std::optional<std::int64_t> promise_{};
};

}  // namespace

std::optional<Promise> newest_promise(const Shape& shape, const Setting& setting) {
  const auto ledger = Ledger::open_existing(default_ledger_path());
  if (!ledger || !*ledger) return std::nullopt;
  const auto found = (*ledger)->promises(
      {.shape_key = shape_key(shape), .hardware_identity = setting.machine.hardware_identity(), .most = 1});
  return found && !found->empty() ? std::optional(found->front()) : std::nullopt;
}

AccountSubject subject_of(const Shape& shape, std::uint32_t threads, const Setting& setting) {
  return {.model = shape.id,
          .shape_key = shape_key(shape),
          .site = site_of(setting.machine, *setting.engine),
          .threads = threads};
}

std::function<void(const ServedTurn&)> ledger_accounts(AccountSubject subject,
                                                       std::function<void(const std::string&)> complain) {
  const auto accounts = std::make_shared<Accounts>(std::move(subject), std::move(complain));
  return [accounts](const ServedTurn& turn) { accounts->keep(turn); };
}

}  // namespace tokcast

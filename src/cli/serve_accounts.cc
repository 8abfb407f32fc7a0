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
  Accounts(std::string shape_key, std::uint32_t threads, const Setting& setting,
           std::function<void(const std::string&)> complain)
      : shape_key_(std::move(shape_key)),
        threads_(threads),
        site_(site_of(setting.machine, *setting.engine)),
        complain_(std::move(complain)) {}

  void keep(const TurnRecord& record) {
    if (record.outcome != "done" || !record.size) return;
    open();
    if (!promise_) return;
    const auto kept = ledger_->add(actual_of(record));
    if (!kept) give_up(kept.error());
  }

 private:
  void open() {
    if (std::exchange(opened_, true)) return;
    auto ledger = Ledger::open(default_ledger_path());
    if (!ledger) return give_up(ledger.error());
    ledger_ = std::move(*ledger);
    const auto found =
        ledger_->promises({.shape_key = shape_key_, .hardware_identity = site_.hardware_identity, .most = 1});
    if (!found) return give_up(found.error());
    if (!found->empty()) promise_ = found->front().id;
  }

  void give_up(const Error& error) {
    promise_.reset();
    complain_("turns are not kept: " + describe(error));
  }

  // A promise is about the engine's time; what a turn waited for others is the server's own account.
  Actual actual_of(const TurnRecord& record) const {
    Actual out{.promise_id = *promise_, .kind = ActualKind::kTurn, .site = site_, .threads = threads_};
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

  std::string shape_key_;
  std::uint32_t threads_;
  Site site_;
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

std::function<void(const TurnRecord&)> ledger_accounts(const Shape& shape, std::uint32_t threads,
                                                       const Setting& setting,
                                                       std::function<void(const std::string&)> complain) {
  const auto accounts = std::make_shared<Accounts>(shape_key(shape), threads, setting, std::move(complain));
  return [accounts](const TurnRecord& record) { accounts->keep(record); };
}

}  // namespace tokcast

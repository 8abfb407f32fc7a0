#include "bench/accuracy_apart.h"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

namespace tokcast {
namespace {

const std::string& machine_of(const AccuracyRecord& record) {
  return record.rehearsal ? record.rehearsal->machine_identity : record.rates->calibration.machine_identity;
}

bool is_counterpart(const AccuracyRecord& one, const AccuracyRecord& other) {
  const auto key = [](const AccuracyRecord& record) {
    return std::tie(record.model, record.threads, record.depth, machine_of(record));
  };
  return key(one) == key(other) && one.rehearsal.has_value() == other.rehearsal.has_value() &&
         one.rates.has_value() == other.rates.has_value();
}

const AccuracyRecord* counterpart(const AccuracyRecord& record, const Session& session) {
  const auto found = std::ranges::find_if(
      session, [&](const AccuracyRecord& other) { return is_counterpart(record, other); });
  return found == session.end() ? nullptr : &*found;
}

// A record that a session has already begins or joins the next one.
std::vector<Session> sessions_of(const std::vector<AccuracyRecord>& records) {
  std::vector<Session> out;
  for (const AccuracyRecord& record : records) {
    auto free = std::ranges::find_if(out, [&](const Session& one) { return !counterpart(record, one); });
    if (free == out.end()) free = out.emplace(out.end());
    free->push_back(record);
  }
  return out;
}

Session judged(const Session& told, const Session& measured) {
  Session out;
  for (const AccuracyRecord& record : told) {
    const AccuracyRecord* other = counterpart(record, measured);
    if (other == nullptr) continue;
    out.push_back(record);
    out.back().truth = other->truth;
    if (other->rates) out.back().rates->truth = other->rates->truth;
  }
  return out;
}

}  // namespace

std::vector<Session> apart(const std::vector<AccuracyRecord>& records) {
  const auto sessions = sessions_of(records);
  std::vector<Session> out;
  for (const Session& told : sessions) {
    for (const Session& measured : sessions) {
      if (&told == &measured) continue;
      if (Session one = judged(told, measured); !one.empty()) out.push_back(std::move(one));
    }
  }
  return out;
}

Result<std::vector<Session>> read_apart(const std::string& directory, std::string_view name) {
  auto all = read_records(fmt::format("{}/{}.jsonl", directory, name));
  if (!all) return std::unexpected(all.error());
  const auto before = read_records(fmt::format("{}/{}-before.jsonl", directory, name));
  if (!before) return std::unexpected(before.error());
  all->insert(all->end(), before->begin(), before->end());
  return apart(*all);
}

}  // namespace tokcast

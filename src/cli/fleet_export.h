// A machine profile in the words of those who keep many machines: Kubernetes, Slurm, Prometheus.
// docs/FLEET.md shows what each does with it.
//
// Pure. What is not known is absent, never 0. Names come from firmware and drivers: each format keeps only
// the characters that it allows.
#ifndef TOKCAST_CLI_FLEET_EXPORT_H_
#define TOKCAST_CLI_FLEET_EXPORT_H_

#include <string>
#include <vector>

#include "machine/doctor.h"
#include "machine/profile.h"

namespace tokcast {

// A feature file of Node Feature Discovery's `local` source: a line `tokcast-NAME=VALUE` for each label.
// Values are at most 63 of [A-Za-z0-9._-] with a letter or digit at both ends; quantities are whole numbers
// (rounded down), which Kubernetes can compare.
std::string nfd_features(const Profile& profile);

// Slurm's features, with commas between them, on one line: `tokcast_NAME` of [a-z0-9_]. Slurm cannot compare
// quantities, so that each power of two that a quantity reaches is a feature: tokcast_memory_ge_32g.
std::string slurm_features(const Profile& profile);

// Metrics in Prometheus' text format, for node_exporter's textfile collector: base units, `tokcast_` before
// each.
std::string prometheus_metrics(const Profile& profile, const std::vector<Finding>& findings);

}  // namespace tokcast

#endif  // TOKCAST_CLI_FLEET_EXPORT_H_

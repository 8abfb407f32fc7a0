// The peers' formulas beside our looked-up forecasts, on the same published rows.
#ifndef TOKCAST_BENCH_FIT_PEERS_H_
#define TOKCAST_BENCH_FIT_PEERS_H_

#include <map>
#include <string>
#include <vector>

#include "bench/fit_errors.h"
#include "bench/peers.h"

namespace tokcast {

// What a peer would be asked of this row: the part and its true figures, the file's true size.
PeerQuestion question_of(const PublishedRow& row);

// Dense models, for each phase on processors and on graphics cards, as Markdown: each peer on the rows that
// it answers, and we on these same rows. Every row counts once. `errors` are those of machines left out.
std::string peer_table(const std::vector<RowError>& errors);

// The same as pictures: file name -> SVG. Errors side by side, and forecasts of decode against measurements.
std::map<std::string, std::string> peer_plots(const std::vector<RowError>& errors);

}  // namespace tokcast

#endif  // TOKCAST_BENCH_FIT_PEERS_H_

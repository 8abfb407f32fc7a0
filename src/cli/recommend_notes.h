// The notes below the table of a recommendation: how to read it, what its numbers rest on, what is missing
// from it and why. A sentence each, without line breaks.
#ifndef TOKCAST_CLI_RECOMMEND_NOTES_H_
#define TOKCAST_CLI_RECOMMEND_NOTES_H_

#include <span>
#include <string>
#include <vector>

#include "choose/recommend.h"

namespace tokcast {

// Those of the ranking that fit: they come first, those that do not fit last. A part of `answer`.
std::span<const Candidate> fitting(const Recommendation& answer);

// It was trained for less than the turn's context: more memory would not help.
bool is_too_short(const Candidate& one);

// `listed` is what the table shows, `effort` what was allowed this time.
std::vector<std::string> recommendation_notes(const Recommendation& answer, std::span<const Candidate> listed,
                                              Seconds effort);

}  // namespace tokcast

#endif  // TOKCAST_CLI_RECOMMEND_NOTES_H_

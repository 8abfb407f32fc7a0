// What hearing and speaking add to a turn.
//
//   first spoken = recognition's tail + first token + the rest of the first sentence + its synthesis
//
// Constants are those of the recogniser and the synthesiser of `tokcast serve`, measured on a 2-core Xeon:
// pocketsphinx takes 0.25 s for a second of speech, flite 0.03 s for a sentence. Others, and the pause by
// which the end of speech is noticed, are not in it.
#ifndef TOKCAST_FORECAST_VOICE_H_
#define TOKCAST_FORECAST_VOICE_H_

#include "forecast/interval.h"
#include "forecast/workload.h"

namespace tokcast {

// What is left to recognise when speech ends: the last tenth of a second where audio is taken as it comes,
// all of four seconds of speech where it is taken at the end; two seconds of it are expected.
constexpr Interval<Seconds> recognition_tail() {
  constexpr double kSecondsForASecond = 0.25;
  return {Seconds(0.1 * kSecondsForASecond), Seconds(2 * kSecondsForASecond),
          Seconds(4 * kSecondsForASecond)};
}

// Of a first sentence: what was measured, a third of it, and three times for slower machines.
constexpr Interval<Seconds> sentence_synthesis() {
  return {Seconds(0.01), Seconds(0.03), Seconds(0.1)};
}

// Tokens of the first sentence, at least one: some nine words, as spoken replies begin. A judgement.
constexpr Interval<double> first_sentence_tokens() {
  return {4, 12, 20};
}

}  // namespace tokcast

#endif  // TOKCAST_FORECAST_VOICE_H_

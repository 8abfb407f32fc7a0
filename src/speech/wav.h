// WAV files, as strangers send them: RIFF chunks, of which `fmt ` says how the samples in `data` are written.
//
//   "RIFF" size "WAVE" { id size bytes [padding to even] } ...
//
// Read are PCM of 8, 16, 24 and 32 bits, floating point of 32 bits and G.711 µ-law, with 1 to 8 channels, of
// which the mean is taken. Sizes that lie are cut to what is there: programs that write to a pipe do not know
// them.
#ifndef TOKCAST_SPEECH_WAV_H_
#define TOKCAST_SPEECH_WAV_H_

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "speech/sound.h"

namespace tokcast {

// Errors: kBadInput (no WAV, or a broken one; with the byte offset), kUnsupported (another kind of file or
// encoding, a rate beyond kLowestRate to kHighestRate), kDoesNotFit (longer than `longest`). Needs no more
// memory than the samples, two bytes each.
Result<Sound> read_wav(std::string_view bytes, Seconds longest);

// PCM16, one channel.
std::string write_wav(std::span<const std::int16_t> samples, std::uint32_t rate);
// The same from samples that are encoded already (little endian).
std::string write_wav_bytes(std::string_view pcm16, std::uint32_t rate);

}  // namespace tokcast

#endif  // TOKCAST_SPEECH_WAV_H_

// Text on its way to a voice: sentences as they come out of a model, and what of them can be spoken.
#ifndef TOKCAST_SPEECH_SPOKEN_TEXT_H_
#define TOKCAST_SPEECH_SPOKEN_TEXT_H_

#include <string>
#include <string_view>
#include <vector>

namespace tokcast {

// The whole sentences at the front of `text` ([.!?] and white space after it), which are removed from it.
std::vector<std::string> take_sentences(std::string& text);

// All of `text` by sentences, those beyond kLongestPiece (speech.h) cut where there is white space, if there
// is any.
std::vector<std::string> pieces_to_speak(std::string_view text);

// Without what models write to be seen and not heard (Markdown's signs, control characters), white space as
// single blanks.
std::string without_markup(std::string_view text);

// Latin letters without their accents, typographic signs as plain ones; everything else beyond ASCII is left
// out.
std::string plain_ascii(std::string_view text);

}  // namespace tokcast

#endif  // TOKCAST_SPEECH_SPOKEN_TEXT_H_

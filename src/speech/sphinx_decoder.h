// Recognition by pocketsphinx with its packaged model of US English. The one source that sees pocketsphinx is
// sphinx_decoder.cc.
#ifndef TOKCAST_SPEECH_SPHINX_DECODER_H_
#define TOKCAST_SPEECH_SPHINX_DECODER_H_

#include <memory>
#include <string>

#include "speech/utterance_decoder.h"

namespace tokcast {

struct SphinxModel {
  std::string acoustic{};    // folder
  std::string language{};    // file
  std::string dictionary{};  // file
};

// Where Debian's pocketsphinx-en-us puts it.
std::string default_sphinx_folder();

// The model in a folder. Errors: kNotFound, with the package that brings it.
Result<SphinxModel> find_sphinx_model(const std::string& folder);

// Takes some 100 MB and half a second. Errors: kEngineFailed.
Result<std::unique_ptr<UtteranceDecoder>> load_sphinx_decoder(const SphinxModel& model);

}  // namespace tokcast

#endif  // TOKCAST_SPEECH_SPHINX_DECODER_H_

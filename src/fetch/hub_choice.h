// Which files of a repository make the model that was asked for: the same that llama.cpp would take.
#ifndef TOKCAST_FETCH_HUB_CHOICE_H_
#define TOKCAST_FETCH_HUB_CHOICE_H_

#include <span>
#include <vector>

#include "base/result.h"
#include "fetch/hub.h"
#include "fetch/hub_name.h"

namespace tokcast {

// All files of the folder that is named. Else the one GGUF file, or all parts of a split one in order: the
// file that is named; else the first of the asked quantisation; else the first of Q4_K_M, of Q8_0, of any.
// Projectors, importance matrices and draft models are no models. Errors: kNotFound (no such file; what there
// is, as fix), kBadInput (a part is missing).
Result<std::vector<HubFile>> choose_files(const HubListing& listing, const HubName& name);

// Files above 50 GB are not sent over plain HTTP by the hub. Errors: kUnsupported.
Result<void> check_fetchable(std::span<const HubFile> files);

}  // namespace tokcast

#endif  // TOKCAST_FETCH_HUB_CHOICE_H_

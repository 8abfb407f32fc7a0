// data/catalogue.json as it was when tokcast was built.
#ifndef TOKCAST_MODEL_CATALOGUE_DATA_H_
#define TOKCAST_MODEL_CATALOGUE_DATA_H_

#include <string_view>

namespace tokcast {

std::string_view catalogue_json();

}  // namespace tokcast

#endif  // TOKCAST_MODEL_CATALOGUE_DATA_H_

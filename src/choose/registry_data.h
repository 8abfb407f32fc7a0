// The registry as it was built in: data/registry.json.
#ifndef TOKCAST_CHOOSE_REGISTRY_DATA_H_
#define TOKCAST_CHOOSE_REGISTRY_DATA_H_

#include <string_view>

namespace tokcast {

std::string_view registry_json();

}  // namespace tokcast

#endif  // TOKCAST_CHOOSE_REGISTRY_DATA_H_

// data/machines.json as it was when tokcast was built.
#ifndef TOKCAST_MACHINE_KNOWN_PARTS_DATA_H_
#define TOKCAST_MACHINE_KNOWN_PARTS_DATA_H_

#include <string_view>

namespace tokcast {

std::string_view known_parts_json();

}  // namespace tokcast

#endif  // TOKCAST_MACHINE_KNOWN_PARTS_DATA_H_

// data/efficiency.json as it was when tokcast was built.
#ifndef TOKCAST_FORECAST_EFFICIENCY_DATA_H_
#define TOKCAST_FORECAST_EFFICIENCY_DATA_H_

#include <string_view>

namespace tokcast {

std::string_view efficiency_json();

}  // namespace tokcast

#endif  // TOKCAST_FORECAST_EFFICIENCY_DATA_H_

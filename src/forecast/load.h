// Loading a model whose file is not in memory yet: a promise of its own.
#ifndef TOKCAST_FORECAST_LOAD_H_
#define TOKCAST_FORECAST_LOAD_H_

#include <optional>

#include "base/units.h"
#include "forecast/timings.h"
#include "model/shape.h"

namespace tokcast {

// Sets timings.cold_load, unless it was measured: the file read once from the disk, then what loading costs with the file in memory,
// where that is known. A measured read rate counts give or take a third (other blocks, other tasks). An
// unknown disk is anything between a hard disk (120 MB/s) and an NVMe drive (3 GB/s), 0.5 GB/s expected, as
// of an SSD on SATA.
void add_cold_load(Timings& timings, const Shape& shape, std::optional<BytesPerSecond> read_rate);

}  // namespace tokcast

#endif  // TOKCAST_FORECAST_LOAD_H_

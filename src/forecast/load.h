// Loading a model: a promise of its own. Reading the file, preparing the weights, warming up.
#ifndef TOKCAST_FORECAST_LOAD_H_
#define TOKCAST_FORECAST_LOAD_H_

#include <optional>

#include "base/units.h"
#include "forecast/timings.h"
#include "model/shape.h"

namespace tokcast {

// Sets timings.load_parts and timings.cold_load, and timings.load, each unless it was measured.
//
//   reading    the file once from the disk. A measured read rate counts give or take a third (other blocks,
//              other tasks). An unknown disk is anything between a hard disk (120 MB/s) and an NVMe drive
//              (3 GB/s), 0.5 GB/s expected, as of an SSD on SATA.
//   preparing  mapping or copying the weights, and repacking those types that the processor's kernels want in
//              another order. Measured together by a rehearsal; otherwise a judgement that nothing was
//              compared with yet: 1 to 10 GB/s, 3 expected, and for repacked types from nothing to 0.3 GB/s,
//              1.5 expected.
//   warm-up    the engine's start, 0.1 to 2 s, and one step; part of what a rehearsal measures.
//
// `on_processor`: some layers are left to it, so that their weights may be repacked.
void add_load(Timings& timings, const Shape& shape, std::optional<BytesPerSecond> read_rate,
              bool on_processor = true);

}  // namespace tokcast

#endif  // TOKCAST_FORECAST_LOAD_H_

// Which processor this is, from the text of /proc/cpuinfo. Pure text functions.
#ifndef TOKCAST_MACHINE_CPUINFO_H_
#define TOKCAST_MACHINE_CPUINFO_H_

#include <string>
#include <string_view>

#include "machine/facts.h"

namespace tokcast {

// As the kernel gives it; on ARM, whose kernels give none, the product or the design of the cores ("Apple
// M1", "Cortex-A55 + Cortex-A76"); "unknown processor".
std::string processor_name(std::string_view cpuinfo);

// name, vendor, microarchitecture, architecture, isa and ggml_variant; the rest is left unknown.
CpuFacts identify_processor(std::string_view cpuinfo);

}  // namespace tokcast

#endif  // TOKCAST_MACHINE_CPUINFO_H_

// The matrix tiles of Intel's server processors (AMX). Part of dot_x86.cc, apart because of its length.
#ifndef TOKCAST_MACHINE_DOT_AMX_H_
#define TOKCAST_MACHINE_DOT_AMX_H_

#include <cstdint>

#include "machine/dot_kernels.h"

namespace tokcast {

// Two tiles of 16 either way: four tiles of sums, which share the loads of two of rows and two of columns.
constexpr std::uint32_t kAmxRows = 32;
constexpr std::uint32_t kAmxColumns = 32;

// Asks the kernel, once for the process, to let it use tiles (Linux 5.16 and later).
bool has_amx_int8();
bool has_amx_bf16();

DotKernel::Run int8_amx;
DotKernel::Run bf16_amx;

}  // namespace tokcast

#endif  // TOKCAST_MACHINE_DOT_AMX_H_

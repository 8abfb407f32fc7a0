// What is left of a processor's or graphics processor's name when everything is dropped that does not tell
// parts apart: makers, "CPU", "(R)", "@ 2.60GHz", "12-Core Processor", "with Radeon Graphics", driver
// remarks.
//
// "Intel(R) Xeon(R) CPU E5-2660 v3 @ 2.60GHz" becomes "e5 2660 v3"; "NVIDIA GeForce RTX 3080 Laptop GPU"
// becomes "rtx 3080 laptop". A word that is not known to be idle stays, so that a variant nobody thought of
// does not become its plain namesake.
#ifndef TOKCAST_MACHINE_PART_NAME_H_
#define TOKCAST_MACHINE_PART_NAME_H_

#include <optional>
#include <string>
#include <string_view>

#include "base/units.h"

namespace tokcast {

struct PartName {
  std::string key;                // lower-case words, one space between them; empty: nothing is left
  std::optional<Bytes> memory{};  // "24GB", "(8 GiB)"; nullopt: no size, or several
};

// Any bytes; a name longer than 200 bytes has an empty key.
PartName parse_part_name(std::string_view name);

}  // namespace tokcast

#endif  // TOKCAST_MACHINE_PART_NAME_H_

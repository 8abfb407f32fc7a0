// What of a gathered machine is not text: the table of its memory modules, as base64.
#ifndef TOKCAST_MACHINE_GATHER_BYTES_H_
#define TOKCAST_MACHINE_GATHER_BYTES_H_

#include <optional>
#include <string>
#include <string_view>

namespace tokcast {

// The type 17 structures (memory devices) of an SMBIOS table, without any string: manufacturer, serial and
// part number are strings. Stops at the first structure that breaks the format.
std::string memory_modules_only(std::string_view smbios_table);

// RFC 4648, section 4.
std::string base64_encode(std::string_view bytes);
// nullopt if `text` is anything else, missing padding included.
std::optional<std::string> base64_decode(std::string_view text);

}  // namespace tokcast

#endif  // TOKCAST_MACHINE_GATHER_BYTES_H_

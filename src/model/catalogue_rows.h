// Reads catalogue documents ("tokcast.catalogue/1"): ours, and the user's own, which nobody has checked.
//
// Every key must be known, of its kind and inside its bounds; what is absent is not known. The schema is
// docs/schemas/catalogue.schema.json, data/README.md explains the keys.
#ifndef TOKCAST_MODEL_CATALOGUE_ROWS_H_
#define TOKCAST_MODEL_CATALOGUE_ROWS_H_

#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "model/catalogue.h"

namespace tokcast {

constexpr std::size_t kMostCatalogueRows = 10'000;

// Errors: kBadInput with "PLACE, models[N] (ID), KEY" as place; kUnsupported for another schema.
Result<std::vector<CatalogueRow>> catalogue_rows(const Json& document, std::string_view place);

// The user's catalogue: $XDG_CONFIG_HOME/tokcast/catalogue.json.
std::string user_catalogue_path();

// Its rows, marked as the user's own; none if there is no such file. Each must become a model that can be
// read (in the mix Q4_K_M). Errors: as catalogue_rows; those of read_file.
Result<std::vector<CatalogueRow>> read_user_catalogue(const std::string& path);

}  // namespace tokcast

#endif  // TOKCAST_MODEL_CATALOGUE_ROWS_H_

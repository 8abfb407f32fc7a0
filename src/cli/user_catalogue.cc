#include "cli/user_catalogue.h"

#include "choose/quality.h"
#include "model/catalogue_rows.h"

namespace tokcast {

Result<void> use_user_catalogue() {
  static const Result<void> used = []() -> Result<void> {
    auto rows = read_user_catalogue(user_catalogue_path());
    if (!rows) return std::unexpected(rows.error());
    if (!rows->empty()) {
      quality_scale();  // is fitted on our rows, also where a row of the user's takes one's place
      add_to_catalogue(std::move(*rows));
    }
    return {};
  }();
  return used;
}

}  // namespace tokcast

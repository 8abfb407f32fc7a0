// Tables for people: as many columns as the width allows, never a row on two lines.
#ifndef TOKCAST_CLI_TABLE_H_
#define TOKCAST_CLI_TABLE_H_

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "cli/terminal.h"

namespace tokcast {

struct Column {
  std::string header;
  bool right = false;  // numbers align on the right
  int dropped = 0;     // when the table is too wide, columns go in this order, 1
                       // first; 0 stays
};

struct Cell {
  std::string text;
  Colour colour = Colour::kPlain;
};

// Every row has one cell for each column. Columns that must stay but do not fit are shortened, the widest
// first. Ends with a line end; has no trailing spaces.
std::string format_table(std::vector<Column> columns, std::vector<std::vector<Cell>> rows,
                         const Terminal& terminal);

// "  Label         value" lines, values broken at spaces under themselves. Values are made safe for
// terminals.
std::string format_definitions(const std::vector<std::pair<std::string, std::string>>& lines,
                               const Terminal& terminal);

}  // namespace tokcast

#endif  // TOKCAST_CLI_TABLE_H_

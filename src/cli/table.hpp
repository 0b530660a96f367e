#pragma once

#include <string>
#include <vector>

#include "cli/console.hpp"

namespace kmpack {

struct TableCell {
  std::string text;
  Paint paint = Paint::plain;
};

enum class Side { left, right };

struct TableColumn {
  std::string title;
  Side side = Side::left;
};

/// Columns as wide as their widest cell, two blanks between, nothing cut, no blanks at line ends.
std::string render_table(const std::vector<TableColumn>& columns, const std::vector<std::vector<TableCell>>& rows, bool coloured);

}  // namespace kmpack

#pragma once

#include <cstddef>
#include <functional>
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

/// A table's rows, made as they are wanted: there may be a million.
struct TableRows {
  std::size_t count = 0;
  /// Fills in the cells of a row, which are there already, one for each column. Asked twice for each.
  std::function<void(std::size_t row, std::vector<TableCell>& cells)> fill;
};

/// Columns as wide as their widest cell, two blanks between, nothing cut, no blanks at line ends.
void write_table(const std::vector<TableColumn>& columns, const TableRows& rows, bool coloured, const Write& write);
std::string render_table(const std::vector<TableColumn>& columns, const std::vector<std::vector<TableCell>>& rows, bool coloured);

}  // namespace kmpack

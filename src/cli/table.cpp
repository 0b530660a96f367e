#include "cli/table.hpp"

#include <algorithm>

namespace kmpack {
namespace {

constexpr std::size_t kPiece = 256 * 1024;

void add_row(const std::vector<TableColumn>& shape, const std::vector<std::size_t>& widths, const std::vector<TableCell>& row,
             bool coloured, std::string& text) {
  std::size_t gap = 0;
  for (std::size_t at = 0; at < row.size(); ++at) {
    const std::size_t blanks = widths[at] - columns(row[at].text);
    // Blanks wait for the next text, so that lines do not end in them.
    text.append(gap, ' ');
    if (shape[at].side == Side::right) text.append(blanks, ' ');
    if (coloured) {
      text += painted(row[at].text, row[at].paint, true);
    } else {
      text += row[at].text;
    }
    gap = 2 + (shape[at].side == Side::right ? 0 : blanks);
  }
  while (text.ends_with(' ')) text.pop_back();
  text += '\n';
}

}  // namespace

void write_table(const std::vector<TableColumn>& shape, const TableRows& rows, bool coloured, const Write& write) {
  std::vector<std::size_t> widths;
  std::vector<TableCell> row;
  for (const TableColumn& column : shape) {
    widths.push_back(columns(column.title));
    row.push_back({column.title, Paint::bold});
  }
  std::vector<TableCell> cells(shape.size());
  for (std::size_t at = 0; at < rows.count; ++at) {
    rows.fill(at, cells);
    for (std::size_t i = 0; i < cells.size(); ++i) widths[i] = std::max(widths[i], columns(cells[i].text));
  }
  std::string text;
  add_row(shape, widths, row, coloured, text);
  for (std::size_t at = 0; at < rows.count; ++at) {
    rows.fill(at, cells);
    add_row(shape, widths, cells, coloured, text);
    if (text.size() < kPiece) continue;
    write(text);
    text.clear();
  }
  write(text);
}

std::string render_table(const std::vector<TableColumn>& shape, const std::vector<std::vector<TableCell>>& rows, bool coloured) {
  std::string text;
  const auto fill = [&](std::size_t at, std::vector<TableCell>& cells) { cells = rows[at]; };
  write_table(shape, {rows.size(), fill}, coloured, [&](std::string_view piece) { text += piece; });
  return text;
}

}  // namespace kmpack

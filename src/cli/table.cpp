#include "cli/table.hpp"

#include <algorithm>

namespace kmpack {
namespace {

std::string render_row(const std::vector<TableColumn>& shape, const std::vector<std::size_t>& widths,
                       const std::vector<TableCell>& row, bool coloured) {
  std::string line;
  std::string gap;
  for (std::size_t at = 0; at < row.size(); ++at) {
    const std::string blanks(widths[at] - columns(row[at].text), ' ');
    const std::string text = painted(row[at].text, row[at].paint, coloured);
    line += gap;
    // Blanks wait for the next text, so that lines do not end in them.
    if (shape[at].side == Side::right) {
      line += blanks + text;
      gap = "  ";
    } else {
      line += text;
      gap = blanks + "  ";
    }
  }
  while (line.ends_with(' ')) line.pop_back();
  return line + "\n";
}

}  // namespace

std::string render_table(const std::vector<TableColumn>& shape, const std::vector<std::vector<TableCell>>& rows, bool coloured) {
  std::vector<std::size_t> widths;
  std::vector<TableCell> titles;
  for (std::size_t at = 0; at < shape.size(); ++at) {
    std::size_t width = columns(shape[at].title);
    for (const auto& row : rows) width = std::max(width, at < row.size() ? columns(row[at].text) : 0);
    widths.push_back(width);
    titles.push_back({shape[at].title, Paint::bold});
  }
  std::string result = render_row(shape, widths, titles, coloured);
  for (const auto& row : rows) result += render_row(shape, widths, row, coloured);
  return result;
}

}  // namespace kmpack

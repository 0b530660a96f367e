#include "cli/cells_json.hpp"

#include <fmt/format.h>

#include <iterator>

namespace kmpack {
namespace {

constexpr std::size_t kPiece = 256 * 1024;

}  // namespace

std::string indented(std::string_view json, std::size_t columns) {
  const std::string margin(columns, ' ');
  std::string result = margin;
  for (const char byte : json) {
    result += byte;
    if (byte == '\n') result += margin;
  }
  return result;
}

CellsJson::CellsJson(const Write& write) : write_(write), buffer_("{\n  \"schema\": 1,\n  \"cells\": [") {}

void CellsJson::add(std::string_view cell) {
  buffer_ += is_first_ ? "\n" : ",\n";
  is_first_ = false;
  buffer_ += cell;
  flush_above(kPiece);
}

void CellsJson::finish(std::size_t cells, const std::vector<Total>& totals) {
  buffer_ += is_first_ ? "],\n" : "\n  ],\n";
  fmt::format_to(std::back_inserter(buffer_), "  \"totals\": {{\n    \"cells\": {}", cells);
  for (const Total& total : totals) {
    fmt::format_to(std::back_inserter(buffer_), ",\n    \"{}\": {}", total.name, total.count);
  }
  buffer_ += "\n  }\n}\n";
  flush_above(0);
}

void CellsJson::flush_above(std::size_t size) {
  if (buffer_.size() <= size) return;
  write_(buffer_);
  buffer_.clear();
}

}  // namespace kmpack

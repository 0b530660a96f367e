#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "cli/json.hpp"

namespace kmpack {

/// The frame of an answer with cells: {"schema": 1, "cells": […], "totals": {…}}, laid out as nlohmann's dump(2) does.
class CellsJson {
 public:
  explicit CellsJson(const Write& write);
  /// One cell: JSON as the whole of a document would have it, without a newline at its end.
  void add(std::string_view cell);
  struct Total {
    std::string_view name;
    std::size_t count = 0;
  };
  void finish(std::size_t cells, const std::vector<Total>& totals);

 private:
  void flush_above(std::size_t size);

  const Write& write_;
  std::string buffer_;
  bool is_first_ = true;
};

/// JSON of several lines, moved to the right: text in it has no line ends of its own.
std::string indented(std::string_view json, std::size_t columns);

}  // namespace kmpack

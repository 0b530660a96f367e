#pragma once

#include <chrono>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "kmpack/cell.hpp"
#include "pipeline/report.hpp"

namespace kmpack {

/// How long the builds of a workspace took when they were last done, so that the next run can begin with the long ones.
///
/// Shape:   <workspace>/times.json, by package and kernel. It decides nothing but an order: absent or damaged it is empty.
class CellTimes {
 public:
  static CellTimes read(const std::filesystem::path& workspace);

  /// By cell: what it took; else what the package took for other kernels, on average; else a guess by the number of its modules.
  [[nodiscard]] std::vector<std::chrono::milliseconds> expected(std::span<const Cell> cells) const;
  /// Take in what was built in a run.
  void learn(std::span<const Outcome> outcomes);
  /// Nothing when nothing was learnt. What cannot be written is lost, and costs no run.
  void write(const std::filesystem::path& workspace) const noexcept;

 private:
  using Times = std::map<std::string, std::chrono::milliseconds, std::less<>>;  ///< by kernel
  std::map<std::string, Times, std::less<>> packages_;
  bool is_changed_ = false;
};

}  // namespace kmpack

#pragma once

#include <deque>
#include <set>
#include <tuple>

#include "deb_scripts_root.hpp"

namespace kmpack::test {

/// Kernels and driver packages that come and go in every order: from each state of a root that can be reached, everything that
/// can be done next is done once, and what must hold is asked after each step.
class Walk {
 public:
  struct Settings {
    KernelWays ways;
    RootMeans means = RootMeans::root;
    std::vector<std::string> releases{"6.1.0-7-amd64"};
  };

  Walk(Packing& packing, Settings settings);

  /// Steps taken, or nothing when one was wrong; the failure tells what led there.
  std::size_t every_order();

  [[nodiscard]] std::size_t states() const { return seen_.size(); }

 private:
  enum class What {
    add_kernel,
    remove_kernel,
    purge_kernel,
    add_old,
    add_new,
    remove_driver,
    purge_driver,
    add_both,
    purge_both
  };
  static constexpr std::size_t kWhats = 9;
  using State = std::vector<std::string>;

  struct Side {
    std::string release;
    std::string kernel = "linux-image-" + release;
    std::string driver = "hello-modules-" + release;
    std::string kernel_file{}, old_file{}, new_file{};
    std::string old_version{}, new_version{};
  };

  Side make_side(const std::string& release);

  [[nodiscard]] bool there(const std::string& package) const;

  [[nodiscard]] bool possible(std::size_t step) const;

  /// Statuses, and the files that could be left behind.
  State state();

  /// Through known steps to the nearest state with a step that was not tried, and that step.
  std::optional<std::vector<std::size_t>> way_to_untried(std::map<State, std::map<std::size_t, State>>& known, const State& from);

  void take(std::size_t step);

  [[nodiscard]] static std::vector<std::string> below(const Side& side, const std::vector<std::string>& files);

  /// What must be so, whatever led here.
  void holds(const Side& side);

  static std::vector<std::string> indexed(const std::filesystem::path& file, const std::string& prefix, const std::string& end);

  std::vector<std::string> expected_calls(const Side& side, What what, bool kernel_was, bool driver_was) const;

  Packing& packing_;
  Settings settings_;
  TempDir fast_{memory()};
  DpkgRoot root_;
  std::vector<Side> sides_;
  std::vector<std::string> before_;
  std::deque<std::string> history_;
  std::set<State> seen_;
  std::map<State, std::pair<bool, std::vector<std::size_t>>> options_;
  std::size_t steps_ = 0;
};

}  // namespace kmpack::test

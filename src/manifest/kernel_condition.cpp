#include "manifest/kernel_condition.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "kmpack/architecture.hpp"
#include "manifest/kernel_range.hpp"

namespace kmpack {
namespace {

/// One of two texts is what a kernel has there, so the other must fit it.
bool parts_differ(const std::string& left, const std::string& right) {
  if (!is_glob(left)) return !glob_matches(right, left);
  return !is_glob(right) && !glob_matches(left, right);
}

bool architectures_differ(const std::string& left, const std::string& right) {
  if (!is_glob(left) && !is_glob(right)) return left != right && !same_architecture(left, right);
  return false;  // a wildcard may mean either spelling
}

/// `6.12` begins 6.12.9+deb12-amd64, and 6.1 does not.
bool begins(std::string_view version, std::string_view release) {
  return release.starts_with(version) &&
         (release.size() == version.size() || release[version.size()] < '0' || release[version.size()] > '9');
}

/// What stands after `@` is a release or a series. Distributions' releases have a dash and their series none.
bool releases_differ(const std::string& left, const std::string& right) {
  if (is_glob(left) || is_glob(right) || left == right) return false;
  const bool left_is_series = left.find('-') == std::string::npos;
  if (left_is_series == (right.find('-') == std::string::npos))
    return !left_is_series || !(begins(left, right) || begins(right, left));
  const std::string& series = left_is_series ? left : right;
  return series.find('.') != std::string::npos && is_kernel_version(series) && !begins(series, left_is_series ? right : left);
}

bool differ(const FlavorPattern& left, const FlavorPattern& right) {
  if (parts_differ(left.distribution, right.distribution) || parts_differ(left.flavor, right.flavor)) return true;
  if (left.arch && right.arch && architectures_differ(*left.arch, *right.arch)) return true;
  return left.release && right.release && releases_differ(*left.release, *right.release);
}

}  // namespace

bool exclude_each_other(const KernelCondition& left, const KernelCondition& right) {
  if (are_apart(left.range, right.range)) return true;
  // Patterns of a hostile manifest would take minutes; nobody writes so many.
  constexpr std::size_t kMostPairs = 100'000;
  if (left.flavors.empty() || right.flavors.empty() || left.flavors.size() * right.flavors.size() > kMostPairs) return false;
  return std::ranges::all_of(left.flavors, [&](const FlavorPattern& one) {
    return std::ranges::all_of(right.flavors, [&](const FlavorPattern& other) { return differ(one, other); });
  });
}

bool hold_for_all(const std::vector<const KernelCondition*>& conditions) {
  const auto is_for_all_flavors = [](const KernelCondition* condition) { return condition->flavors.empty(); };
  const auto any = [&](const auto& holds) {
    return std::ranges::any_of(conditions, [&](const auto* one) { return is_for_all_flavors(one) && holds(one->range); });
  };
  return any([&](const KernelRange& low) {
    if (low.min) return false;
    return !low.max || any([&](const KernelRange& high) { return !high.max && high.min && follows(*low.max, *high.min); });
  });
}

}  // namespace kmpack

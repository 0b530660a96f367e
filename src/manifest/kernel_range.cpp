#include "manifest/kernel_range.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>

namespace kmpack {
namespace {

constexpr std::size_t kMostComponents = 4;

struct Numbers {
  std::array<std::uint64_t, kMostComponents> value{};
  std::size_t count = 0;
};

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

/// The numbers with dots between them that `text` starts with.
Numbers leading_numbers(std::string_view text) noexcept {
  Numbers numbers;
  std::size_t at = 0;
  while (numbers.count < kMostComponents && at < text.size() && is_digit(text[at])) {
    std::uint64_t& value = numbers.value[numbers.count++];
    for (; at < text.size() && is_digit(text[at]); ++at) {
      // Saturates: no kernel is numbered so, and wrapping round would put it in a range it is not in.
      value = value > std::numeric_limits<std::uint32_t>::max() ? value : value * 10 + static_cast<std::uint64_t>(text[at] - '0');
    }
    if (at >= text.size() || text[at] != '.') break;
    ++at;
  }
  return numbers;
}

int compare_first(const Numbers& left, const Numbers& right, std::size_t count) noexcept {
  for (std::size_t i = 0; i < count; ++i) {
    if (left.value[i] != right.value[i]) return left.value[i] < right.value[i] ? -1 : 1;
  }
  return 0;
}

}  // namespace

bool in_range(const KernelRange& range, std::string_view release) noexcept {
  if (range.unbounded()) return true;
  const Numbers kernel = leading_numbers(release);
  if (kernel.count == 0) return false;
  if (range.min && compare_first(kernel, leading_numbers(*range.min), kMostComponents) < 0) return false;
  if (!range.max) return true;
  const Numbers max = leading_numbers(*range.max);
  return compare_first(kernel, max, max.count) <= 0;
}

bool are_apart(const KernelRange& left, const KernelRange& right) noexcept {
  const auto before = [](const std::optional<std::string>& max, const std::optional<std::string>& min) {
    if (!max || !min) return false;
    const Numbers most = leading_numbers(*max);
    return compare_first(leading_numbers(*min), most, most.count) > 0;
  };
  return before(left.max, right.min) || before(right.max, left.min);
}

bool follows(std::string_view max, std::string_view min) noexcept {
  Numbers next = leading_numbers(max);
  if (next.count == 0) return false;
  ++next.value[next.count - 1];
  return compare_first(leading_numbers(min), next, kMostComponents) <= 0;
}

bool is_kernel_version(std::string_view text) noexcept {
  std::size_t components = 0;
  while (true) {
    const auto digits = static_cast<std::size_t>(std::ranges::find_if_not(text, is_digit) - text.begin());
    if (digits == 0 || digits > 9 || ++components > kMostComponents) return false;
    text.remove_prefix(digits);
    if (text.empty()) return true;
    if (text.front() != '.') return false;
    text.remove_prefix(1);
  }
}

}  // namespace kmpack

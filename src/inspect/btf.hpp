#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

// Private to src/inspect.
namespace kmpack::detail {

/// The size of a structure, as BTF type information has it; nothing when it has no such one, or the data are damaged.
///
/// Source:  linux Documentation/bpf/btf.rst.
std::optional<std::uint64_t> struct_size_in_btf(std::string_view btf, std::string_view structure) noexcept;

}  // namespace kmpack::detail

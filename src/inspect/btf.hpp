#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string_view>

// Private to src/inspect.
namespace kmpack::detail {

/// The size of a structure, as BTF type information has it; nothing when it has no such one, or the data are damaged.
///
/// Source:  linux Documentation/bpf/btf.rst.
std::optional<std::uint64_t> struct_size_in_btf(std::string_view btf, std::string_view structure) noexcept;

/// The same of the section at `offset` of a file. Its start is read first: what a kernel is made of stands there.
///
/// Errors:  file-unreadable.
std::optional<std::uint64_t> struct_size_in_btf(const std::filesystem::path& file, std::uint64_t offset, std::uint64_t size,
                                                std::string_view structure);

}  // namespace kmpack::detail

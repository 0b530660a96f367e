#pragma once

namespace kmpack {

[[noreturn]] void assertion_failed(const char* condition, const char* file, int line) noexcept;

}  // namespace kmpack

/// For what only a bug in kmpack can make false; never for input.
#define KMPACK_ASSERT(condition) \
  (static_cast<bool>(condition) ? static_cast<void>(0) : ::kmpack::assertion_failed(#condition, __FILE__, __LINE__))

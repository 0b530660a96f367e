#pragma once

#include <memory>

namespace kmpack {

/// Calls a C library's release function; takes no room in the pointer that uses it.
template <auto Release>
struct Releaser {
  template <class T>
  void operator()(T* handle) const noexcept {
    static_cast<void>(Release(handle));
  }
};

/// A C handle that is released when it goes out of scope.
template <class T, auto Release>
using Owned = std::unique_ptr<T, Releaser<Release>>;

}  // namespace kmpack

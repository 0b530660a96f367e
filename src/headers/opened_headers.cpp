#include "headers/opened_headers.hpp"

namespace kmpack {

const HeaderTree& OpenedHeaders::of(const Kernel& kernel) {
  Opened* opened = nullptr;
  {
    const std::scoped_lock lock(mutex_);
    opened = &opened_[kernel.id() + " " + kernel.package_version];
  }
  const std::scoped_lock lock(opened->mutex);
  if (!opened->tree) opened->tree = std::make_unique<HeaderTree>(open_headers(sources_, kernel));
  return *opened->tree;
}

}  // namespace kmpack

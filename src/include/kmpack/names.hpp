#pragma once

#include <compare>
#include <functional>
#include <string>
#include <utility>

namespace kmpack {

/// A string that stands for one kind of thing, so that a release is never passed where a module name belongs.
template <class Tag>
class Name {
 public:
  Name() = default;
  explicit Name(std::string text) : text_(std::move(text)) {}
  [[nodiscard]] const std::string& str() const noexcept { return text_; }
  [[nodiscard]] bool empty() const noexcept { return text_.empty(); }
  auto operator<=>(const Name&) const = default;

 private:
  std::string text_;
};

/// `uname -r` of a kernel: `6.1.0-56-rt-amd64`.
using KernelRelease = Name<struct KernelReleaseTag>;
/// A module as the kernel spells it: file name without `.ko`, `-` kept as written.
using ModuleName = Name<struct ModuleNameTag>;
/// Name of a module package as the manifest gives it.
using PackageName = Name<struct PackageNameTag>;

}  // namespace kmpack

template <class Tag>
struct std::hash<kmpack::Name<Tag>> {
  std::size_t operator()(const kmpack::Name<Tag>& name) const noexcept { return std::hash<std::string>{}(name.str()); }
};

#pragma once

#include <optional>
#include <stop_token>

#include "publish/apt_repository.hpp"
#include "publish/repository.hpp"

namespace kmpack {

/// What became of one directory: it may be a repository for both worlds.
struct Published {
  std::optional<PublishedRepository> rpm_md;
  std::optional<PublishedRepository> apt;
};

/// Make a directory a repository of the kind that the packages are for: debs for APT, all else rpm-md, both beside each other.
///
/// Shape:   without packages given, what the directory is already is made anew.
/// Errors:  those of publish_rpms and publish_debs; file-unreadable for what is not there.
Published publish_packages(const DebRequest& request, CommandRunner& runner, const std::stop_token& stop);

}  // namespace kmpack

#pragma once

#include <stop_token>

#include "publish/repository.hpp"
#include "sys/process.hpp"

namespace kmpack {

/// Make a directory an rpm-md repository of the packages that it has and of those given.
///
/// Shape:   packages given are copied and stay as they are; with a key the copies are signed. Runs on one directory take turns.
/// Who
///          reads meanwhile, or after `kill -9`, finds the repository as it was or as it is to be; only where packages that the
///          repository had already are signed anew may their digests be ahead of the metadata for a moment.
/// Units:   the revision is SOURCE_DATE_EPOCH, or else the newest package's build time.
/// Errors:  rpm-unreadable, rpm-digest-wrong, repository-conflict, repository-empty, repository-signed (it is, and no key was
/// given),
///          openpgp-*, rpm-md-unwritable, file-unwritable, disk-full. Throws Cancelled.
/// Threads: none beside others that use librpm (write_rpm_md).
PublishedRepository publish_rpms(const RepositoryRequest& request, CommandRunner& runner, const std::stop_token& stop);

}  // namespace kmpack

#pragma once

#include <stop_token>

#include "headers/rpm_md_messages.hpp"
#include "sys/process.hpp"

namespace kmpack {

/// Bring a repository's repomd.xml, its signature and its primary into request.state: from the first mirror of which all three
/// are right. What was there stays until then.
///
/// Errors:  file-unwritable, disk-full, tool-missing. What fails about the repository is told.
/// Source:  createrepo_c, repomd.xml; dnf.conf(5), repo_gpgcheck.
std::vector<RpmFailure> update_rpm_repository(const RpmMdRequest& request, CommandRunner& runner, const std::stop_token& stop);

/// The packages that matter of what is in request.state. Signature and digest are checked again: the catalogue may name another
/// key by now.
///
/// Errors:  file-unreadable, file-unwritable, tool-missing. What fails about the repository is told in the answer.
RpmMdAnswer list_rpm_repository(const RpmMdRequest& request, CommandRunner& runner, const std::stop_token& stop);

/// Download files, each checked against its digest and size. One that fails is told of; nothing is left in its place.
std::vector<RpmFailure> download_rpms(const std::vector<RpmDownload>& downloads);

}  // namespace kmpack

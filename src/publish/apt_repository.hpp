#pragma once

#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>

#include "publish/repository.hpp"
#include "sys/process.hpp"

namespace kmpack {

struct DebRequest {
  RepositoryRequest common;
  std::string suite;  ///< empty: of DISTRIBUTION/ARCHITECTURE/ above a package as builds lay them out, else stable
  std::string component = "main";
  std::optional<unsigned> valid_days;  ///< metadata is to be renewed within; 0: never; nothing: as the suite has it
  std::int64_t now = 0;                ///< what is published is of: seconds since 1970
  std::int64_t clock = 0;              ///< what the time is, likewise
};

/// Make a directory an APT repository of the packages that its suites name and of those given.
///
/// Shape:   packages given are copied to pool/ and listed in dists/SUITE; several suites share the pool. Packages that were there
///          are taken from the suite's own lists and not read again; one whose file is gone from the pool leaves the lists.
///          Without packages given, all suites are made anew. Runs on one directory take turns. Who reads meanwhile, or after
///          `kill -9`, finds a suite as it was or as it is to be; lists of the last generations stay for clients that are between
///          two.
///          A package that is given once more replaces its file in the pool if that has been altered. Names and addresses that
///          are not given stay as they were; with a key, suites that another one signed are signed anew, when that one is known.
/// Units:   Date of a suite is `now`, or its date of before when that is later and not ahead of `clock`.
/// Errors:  deb-unreadable, deb-control-invalid, archive-unreadable, repository-conflict, repository-damaged (a list or a package
///          is not what the suite says), repository-empty (there is no suite, and nothing to make one of), repository-expired,
///          repository-signed, repository-suite-invalid, repository-untrusted, openpgp-*, file-unwritable, disk-full. Throws
///          Cancelled.
/// Source:  wiki.debian.org/DebianRepository/Format; apt-secure(8).
PublishedRepository publish_debs(const DebRequest& request, CommandRunner& runner, const std::stop_token& stop);

}  // namespace kmpack

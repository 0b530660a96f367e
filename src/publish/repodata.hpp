#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <stop_token>

#include "publish/rpm_stock.hpp"
#include "sign/openpgp.hpp"

namespace kmpack {

/// Write repodata/ of a repository anew and put it in place at once.
///
/// Shape:   with a key also repomd.xml.asc and repomd.xml.key. Clients that have read the repomd.xml before still find the files
///          that it names. Nothing is touched when all would be as it is.
/// Units:   `time` as of write_rpm_md.
/// Errors:  rpm-md-unwritable, openpgp-*, file-unwritable, disk-full.
void write_repodata(const std::filesystem::path& directory, std::span<const StockedRpm> stock,
                    const std::optional<OpenPgpKey>& key, std::int64_t time, CommandRunner& runner, const std::stop_token& stop);

}  // namespace kmpack

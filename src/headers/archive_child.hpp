#pragma once

#include <filesystem>
#include <functional>
#include <span>
#include <string>

namespace kmpack {

/// What kmpack runs itself for where a library that reads archives needs a process of its own.
enum class ArchiveErrand { index, fetch };

/// The whole of such a child: `args` is `<archive>-index` or `<archive>-fetch` and the request's file, which `answer` gets. Ends
/// with its parent. Answers the exit status; what went wrong is told on stderr, which kmpack reads and shows.
int run_archive_child(const std::string& archive, std::span<const std::string> args,
                      const std::function<void(ArchiveErrand, const std::filesystem::path& request)>& answer);

}  // namespace kmpack

#include <fmt/format.h>
#include <unistd.h>

#include "base/text.hpp"
#include "manifest/lint.hpp"
#include "sys/files.hpp"

namespace fs = std::filesystem;

namespace kmpack {

void lint_dkms_scripts(const DkmsDump& dump, std::string_view text, const fs::path& conf, const fs::path& source,
                       Diagnostics& problems) {
  for (const char* directive : {"PRE_BUILD", "POST_BUILD", "POST_ADD", "PRE_INSTALL", "POST_INSTALL", "POST_REMOVE"}) {
    const auto values = dump.seen.find(directive);
    if (values == dump.seen.end() || !values->second.contains(0)) continue;
    const std::vector<std::string> command = words(values->second.at(0));
    if (command.empty() || !is_safe_relative(fs::path(command.front()).lexically_normal())) continue;
    const fs::path script = source / fs::path(command.front()).lexically_normal();
    std::error_code failed;
    const bool there = fs::exists(script, failed);
    if (there && ::access(script.c_str(), X_OK) == 0) continue;
    const auto line = line_of_directive(text, directive, 0);
    problems.report(
        {.severity = Severity::warning,
         .code = there ? "lint-script-not-executable" : "lint-script-missing",
         .message = fmt::format("{}, which {} names, is not {}", command.front(), directive, there ? "executable" : "there"),
         .where = SourceSpan{conf, line.value_or(0), 0},
         .notes = {"dkms then goes on without running it"},
         .hint = there ? fmt::format("chmod +x {}", command.front())
                       : fmt::format("add it to the sources, or take {} out", directive)});
  }
}

}  // namespace kmpack

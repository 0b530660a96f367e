#include <fmt/format.h>
#include <unistd.h>

#include "base/text.hpp"
#include "manifest/dkms/text.hpp"
#include "manifest/lint/lint.hpp"
#include "sys/files.hpp"

namespace fs = std::filesystem;

namespace kmpack {

void lint_dkms_scripts(const std::map<std::string, std::string>& scripts, const fs::path& conf, Diagnostics& problems) {
  for (const auto& [directive, text] : scripts) {
    const std::vector<std::string> command = words(text);
    if (command.empty() || !is_safe_relative(fs::path(command.front()).lexically_normal())) continue;
    const fs::path script = conf.parent_path() / fs::path(command.front()).lexically_normal();
    std::error_code failed;
    const bool there = fs::is_regular_file(script, failed);
    if (there && ::access(script.c_str(), X_OK) == 0) continue;
    problems.report(
        {.severity = Severity::warning,
         .code = there ? "lint-script-not-executable" : "lint-script-missing",
         .message = fmt::format("{}, which {} names, is not {}", command.front(), directive, there ? "executable" : "there"),
         .where = SourceSpan{conf, dkms_line_of(read_file(conf), directive, 0), 0},
         .notes = {"dkms then goes on without running it"},
         .hint = there ? fmt::format("chmod +x {}", command.front())
                       : fmt::format("add it to the sources, or take {} out", directive)});
  }
}

}  // namespace kmpack

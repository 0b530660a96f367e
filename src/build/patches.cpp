#include "build/patches.hpp"

#include <fmt/format.h>

#include <charconv>
#include <utility>

#include "base/text.hpp"
#include "kmpack/diagnostic.hpp"
#include "manifest/kernel_range.hpp"
#include "sys/files.hpp"

namespace fs = std::filesystem;

namespace kmpack {
namespace {

unsigned leading_number(std::string_view text) {
  unsigned value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

/// Lines a hunk has of the old and of the new file, from `@@ -12,3 +12,4 @@`; a count that is left out is 1.
struct HunkLines {
  unsigned old_left = 0;
  unsigned new_left = 0;
  [[nodiscard]] bool inside() const noexcept { return old_left > 0 || new_left > 0; }
};

unsigned count_after(std::string_view line, char sign) {
  const std::size_t at = line.find(sign);
  if (at == std::string_view::npos) return 0;
  const std::string_view range = line.substr(at, line.find(' ', at) - at);
  const std::size_t comma = range.find(',');
  return comma == std::string_view::npos ? 1 : leading_number(range.substr(comma + 1));
}

HunkLines read_hunk_header(std::string_view line) { return {count_after(line, '-'), count_after(line, '+')}; }

void count_hunk_line(std::string_view line, HunkLines& hunk) {
  const char kind = line.empty() ? ' ' : line.front();
  if (kind != '+' && kind != '\\' && hunk.old_left > 0) --hunk.old_left;
  if (kind != '-' && kind != '\\' && hunk.new_left > 0) --hunk.new_left;
}

/// The name in a header line: up to a tab (before a time stamp), without quotes.
std::string_view header_name(std::string_view line) {
  line = trimmed(line.substr(0, line.find('\t')));
  if (line.size() >= 2 && line.front() == '"' && line.back() == '"') line = line.substr(1, line.size() - 2);
  return line;
}

bool escapes(std::string_view name, int strip) {
  if (name == "/dev/null") return false;
  for (int dropped = 0; dropped < strip; ++dropped) {
    const std::size_t slash = name.find('/');
    if (slash == std::string_view::npos) break;
    // Several slashes in a row count as one, as patch counts them.
    name.remove_prefix(std::min(name.find_first_not_of('/', slash), name.size()));
  }
  if (name.starts_with('/')) return true;
  for (const std::string_view part : split(name, '/')) {
    if (part == "..") return true;
  }
  return false;
}

/// The name of a file outside of the tree in a header line; empty for any other line.
std::string name_outside(std::string_view line, int strip) {
  for (const std::string_view start : {"--- ", "+++ ", "Index: ", "Index:"}) {
    if (line.starts_with(start) && escapes(header_name(line.substr(start.size())), strip)) {
      return std::string(header_name(line.substr(start.size())));
    }
  }
  // These names have no a/ and b/ before them, so patch drops one part less.
  for (const std::string_view start : {"rename from ", "rename to ", "copy from ", "copy to "}) {
    if (line.starts_with(start) && escapes(header_name(line.substr(start.size())), std::max(strip - 1, 0))) {
      return std::string(header_name(line.substr(start.size())));
    }
  }
  return {};
}

std::string_view without_leading(std::string_view text, std::string_view characters) {
  return text.substr(std::min(text.find_first_not_of(characters), text.size()));
}

/// `12,14c`, `3a`, `7d` and the like of ed scripts and plain diffs, indented or not, as patch recognises them. Free text before a
/// diff is searched for them too, so a patch could hide a script there; --unified does not keep patch 2.7.6 from that.
bool is_ed_command(std::string_view line) {
  line = without_leading(line, " \tX");
  const std::string_view rest = without_leading(line, "0123456789,");
  if (rest.size() == line.size() || line.front() == ',' || rest.empty()) return false;
  if (rest.front() != 'a' && rest.front() != 'c' && rest.front() != 'd') return false;
  return trimmed(without_leading(rest.substr(1), "0123456789,")).empty();
}

std::string describe_failed_hunk(std::string_view line, std::string_view file) {
  // "Hunk #2 FAILED at 14."
  const unsigned hunk = leading_number(line.substr(std::string_view("Hunk #").size()));
  const std::size_t at = line.find(" at ");
  const unsigned place = at == std::string_view::npos ? 0 : leading_number(line.substr(at + 4));
  return fmt::format("hunk {} of {} fails at line {}", hunk, file, place);
}

}  // namespace

PatchScan scan_patch(std::string_view patch, int strip) {
  PatchScan scan;
  HunkLines hunk;
  bool hunk_may_start = false;
  unsigned number = 0;
  for (std::string_view line : split(patch, '\n')) {
    ++number;
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (hunk.inside()) {
      count_hunk_line(line, hunk);
      continue;
    }
    // Without a header before it, patch skips such a line, and reads on in what would look like a hunk to us.
    if (hunk_may_start && line.starts_with("@@ -")) {
      hunk = read_hunk_header(line);
      continue;
    }
    if (line.starts_with("\\ ")) continue;
    hunk_may_start = line.starts_with("+++ ");
    if (scan.escaping_name.empty()) scan.escaping_name = name_outside(line, strip);
    if (scan.command_line == 0 && is_ed_command(line)) scan.command_line = number;
  }
  return scan;
}

std::string describe_patch_failure(std::string_view output) {
  std::string file = "the file";
  for (const std::string_view line : split(output, '\n')) {
    constexpr std::string_view kPatching = "patching file ";
    if (line.starts_with(kPatching)) file = line.substr(kPatching.size());
    if (line.starts_with("Hunk #") && line.find("FAILED") != std::string_view::npos) return describe_failed_hunk(line, file);
    if (line.starts_with("Reversed (or previously applied) patch detected"))
      return fmt::format("{} has that change already", file);
    if (line.starts_with("can't find file to patch")) return "the file it changes is not in the source";
    if (line.starts_with("The next patch would create the file ")) {
      return fmt::format("it creates {}, which exists already", line.substr(37, line.find(',') - 37));
    }
    if (line.find("Only garbage was found") != std::string_view::npos) return "it is not a unified diff";
    if (line.find("malformed patch at line") != std::string_view::npos || line.find("**** ") != std::string_view::npos) {
      return std::string(trimmed(line.substr(std::min(line.find("**** ") + 5, line.size()))));
    }
  }
  return "patch gave no reason";
}

std::vector<std::string> fuzzy_hunks(std::string_view output) {
  std::vector<std::string> hunks;
  std::string file = "the file";
  for (const std::string_view line : split(output, '\n')) {
    constexpr std::string_view kPatching = "patching file ";
    constexpr std::string_view kHunk = "Hunk #";
    constexpr std::string_view kFuzz = " with fuzz ";
    if (line.starts_with(kPatching)) file = line.substr(kPatching.size());
    const std::size_t at = line.find(kFuzz);
    if (!line.starts_with(kHunk) || at == std::string_view::npos) continue;
    hunks.push_back(fmt::format("hunk {} of {}, with fuzz {}", leading_number(line.substr(kHunk.size())), file,
                                leading_number(line.substr(at + kFuzz.size()))));
  }
  return hunks;
}

namespace {

/// One manifest's patches for one kernel.
class Patching {
 public:
  Patching(const Manifest& manifest, const fs::path& root, const fs::path& log, CommandRunner& runner, std::stop_token stop)
      : is_dkms_(manifest.dkms.has_value()), root_(root), log_(log), runner_(runner), stop_(std::move(stop)) {}

  void apply(const PatchSpec& patch) {
    check(patch);
    const Command command{.program = "patch",
                          .args = {"--unified", fmt::format("--strip={}", patch.strip), "--forward",
                                   fmt::format("--fuzz={}", patch.fuzz), "--batch", "--no-backup-if-mismatch", "--reject-file=-",
                                   "--directory=" + root_.string(), "--input=" + patch.file.string()},
                          .environment = scrubbed_environment(0),
                          .log = log_};
    const Completed completed = runner_.run(command, stop_);
    if (!completed.ok()) {
      throw does_not_apply(patch, describe_patch_failure(completed.tail)).add_note("log: " + log_.string());
    }
    if (const auto hunks = fuzzy_hunks(completed.tail); !hunks.empty()) warn_of_fuzz(patch, hunks);
  }

  std::vector<Diagnostic> warnings() && { return std::move(warnings_); }

 private:
  void check(const PatchSpec& patch) const {
    const PatchScan scan = scan_patch(read_file(patch.file), patch.strip);
    if (!scan.escaping_name.empty()) {
      throw Error(
          {.code = "patch-escapes",
           .message = fmt::format("patch {} changes '{}', outside of the source", patch.file.string(), scan.escaping_name),
           .where = patch.where,
           .notes = {},
           .hint = is_dkms_ ? "write the patch relative to the source root: dkms applies it with -p1"
                            : "write the patch relative to the source root, or correct strip"});
    }
    if (scan.command_line != 0) {
      throw does_not_apply(patch, fmt::format("line {} reads as an ed command; only unified diffs are taken", scan.command_line));
    }
  }

  [[nodiscard]] Error does_not_apply(const PatchSpec& patch, std::string_view why) const {
    return Error({.code = "patch-failed",
                  .message = fmt::format("patch {} does not apply: {}", patch.file.string(), why),
                  .where = patch.where,
                  .notes = {},
                  .hint = is_dkms_ ? "renew the patch, or limit it to the kernels it is for with PATCH_MATCH of its index"
                                   : "renew the patch, or limit it to the kernels it is for with min and max"});
  }

  void warn_of_fuzz(const PatchSpec& patch, const std::vector<std::string>& hunks) {
    warnings_.push_back(
        {.severity = Severity::warning,
         .code = "patch-fuzzy",
         .message = fmt::format("patch {} was made for other lines: {}", patch.file.string(), joined(hunks, "; ")),
         .where = patch.where,
         .notes = {},
         .hint = "renew the patch: a change may have been put where it does not belong"});
  }

  bool is_dkms_;
  const fs::path& root_;
  const fs::path& log_;
  CommandRunner& runner_;
  std::stop_token stop_;
  std::vector<Diagnostic> warnings_;
};

}  // namespace

std::vector<Diagnostic> apply_patches(const Manifest& manifest, const KernelRelease& release, const fs::path& root,
                                      const fs::path& log, CommandRunner& runner, std::stop_token stop) {
  Patching patching(manifest, root, log, runner, std::move(stop));
  for (const PatchSpec& patch : manifest.patches) {
    if (in_range(patch.when.range, release.str())) patching.apply(patch);
  }
  return std::move(patching).warnings();
}

}  // namespace kmpack

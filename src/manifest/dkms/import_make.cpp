#include <algorithm>
#include <array>
#include <system_error>

#include "base/text.hpp"
#include "manifest/dkms/import.hpp"
#include "sys/files.hpp"

namespace fs = std::filesystem;

namespace kmpack {
namespace {

constexpr std::string_view kBuild = "${build_dir}";

/// A word without quotes round all of it.
std::string unquoted(const std::string& word) {
  const bool quoted = word.size() >= 2 && (word.front() == '"' || word.front() == '\'') && word.back() == word.front();
  return quoted ? word.substr(1, word.size() - 2) : word;
}

bool is_shell(std::string_view word) {
  constexpr auto kKnown = std::to_array<std::string_view>({"${kernel_source_dir}", kBuild, "${kernelver}"});
  for (const std::string_view known : kKnown) {
    if (word.find(known) != std::string_view::npos) return is_shell(replaced(std::string(word), known, ""));
  }
  return word.find_first_of("$`\\\"';&|<>(){}*?[]~#!") != std::string_view::npos;
}

/// The directory below the source that `M=` names.
std::optional<fs::path> below_source(std::string_view value) {
  if (!value.starts_with(kBuild)) return std::nullopt;
  value.remove_prefix(kBuild.size());
  if (!value.empty() && value.front() != '/') return std::nullopt;
  const fs::path path = fs::path(value).relative_path().lexically_normal();
  fs::path clean = path.has_filename() ? path : path.parent_path();
  if (clean.empty() || clean == ".") return fs::path(".");
  return is_safe_relative(clean) ? std::optional(clean) : std::nullopt;
}

/// Kbuild gives KERNELRELEASE itself, though on Debian another text than dkms: a file that looks at more than whether it is there
/// may want what dkms gives.
bool reads_kernel_release(const fs::path& makefile) {
  constexpr auto kTests = std::to_array<std::string_view>(
      {"ifneq ($(KERNELRELEASE),)", "ifeq ($(KERNELRELEASE),)", "ifdef KERNELRELEASE", "ifndef KERNELRELEASE",
       "ifneq ($(KERNELRELEASE), )", "ifeq ($(KERNELRELEASE), )", "ifneq (${KERNELRELEASE},)", "ifeq (${KERNELRELEASE},)"});
  std::error_code failed;
  if (!fs::is_regular_file(makefile, failed)) return false;
  const std::string text = read_file(makefile);
  for (const std::string_view line : split(text, '\n')) {
    const std::string_view code = trimmed(line.substr(0, line.find('#')));
    const bool is_test = std::ranges::any_of(kTests, [&](std::string_view test) { return code == test; });
    if (!is_test && code.find("KERNELRELEASE") != std::string_view::npos) return true;
  }
  return false;
}

/// dkms calls make in the source root, and so that is $(PWD); kmpack gives a plain kbuild the directory of its Makefile.
bool reads_working_directory(const fs::path& makefile) {
  std::error_code failed;
  if (!fs::is_regular_file(makefile, failed)) return false;
  const std::string text = read_file(makefile);
  return text.find("$(PWD)") != std::string::npos || text.find("${PWD}") != std::string::npos;
}

}  // namespace

std::optional<fs::path> plain_kbuild_directory(const DkmsConf& conf, const fs::path& source) {
  std::optional<fs::path> directory;
  bool kernel = false;
  const std::vector<std::string> call = words(conf.make);
  if (call.empty() || call.front() != "make") return std::nullopt;
  for (std::size_t i = 1; i < call.size(); ++i) {
    std::string word = unquoted(call[i]);
    if (word == "-C" && i + 1 < call.size()) word += unquoted(call[++i]);
    if (is_shell(word)) return std::nullopt;
    if (word == "-C${kernel_source_dir}" || word == "-C${kernel_source_dir}/") {
      kernel = true;
    } else if (word.starts_with("M=") || word.starts_with("SUBDIRS=")) {
      // SUBDIRS= is what kernels before 5.3 called it; the generic call of old confs has both.
      const auto named = below_source(word.substr(word.find('=') + 1));
      if (!named || (directory && *directory != *named)) return std::nullopt;
      if (word.starts_with("M=")) directory = named;
    } else if (word != "modules" && word != "KERNELRELEASE=${kernelver}") {
      return std::nullopt;
    }
  }
  if (!kernel || !directory) return std::nullopt;
  // Elsewhere than where kbuild was called for it, a module is a matter of the whole call.
  const bool all_there =
      std::ranges::all_of(conf.modules, [&](const DkmsModule& module) { return module.built_directory == *directory; });
  if (!all_there) return std::nullopt;
  for (const char* name : {"Kbuild", "Makefile"}) {
    const fs::path makefile = source / *directory / name;
    if (reads_kernel_release(makefile) || (*directory != "." && reads_working_directory(makefile))) return std::nullopt;
  }
  return directory;
}

}  // namespace kmpack

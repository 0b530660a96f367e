#include "headers/config.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <vector>

#include "base/text.hpp"
#include "sys/files.hpp"

namespace fs = std::filesystem;

namespace kmpack {
namespace {

constexpr std::string_view kOption = "CONFIG_";

/// What derive() asks for.
constexpr auto kDeriving = std::to_array<std::string_view>(
    {"CONFIG_MODULES", "CONFIG_MODVERSIONS", "CONFIG_MODULE_SIG", "CONFIG_DEBUG_INFO_BTF_MODULES", "CONFIG_MODULE_SIG_HASH",
     "CONFIG_MODULE_COMPRESS", "CONFIG_MODULE_COMPRESS_ALL", "CONFIG_MODULE_COMPRESS_GZIP", "CONFIG_MODULE_COMPRESS_XZ",
     "CONFIG_MODULE_COMPRESS_ZSTD", "CONFIG_CC_VERSION_TEXT", "CONFIG_CC_IS_CLANG", "CONFIG_CLANG_VERSION",
     "CONFIG_GCC_VERSION"});

std::string_view unquoted(std::string_view value) noexcept {
  const bool quoted = value.size() >= 2 && value.front() == '"' && value.back() == '"';
  return quoted ? value.substr(1, value.size() - 2) : value;
}

std::string option(const KernelConfig& config, const char* name) {
  const auto found = config.options.find(name);
  return found == config.options.end() ? std::string() : found->second;
}

enum class CompressOption {
  all,     ///< to 5.12: CONFIG_MODULE_COMPRESS alone means that the kernel's own modules are compressed
  allowed  ///< from 6.12: they are with CONFIG_MODULE_COMPRESS_ALL only. In between there is no such option.
};

Compression compression_of(const KernelConfig& config, CompressOption meaning) {
  if (meaning == CompressOption::allowed && option(config, "CONFIG_MODULE_COMPRESS") == "y" &&
      option(config, "CONFIG_MODULE_COMPRESS_ALL") != "y")
    return Compression::none;
  if (option(config, "CONFIG_MODULE_COMPRESS_GZIP") == "y") return Compression::gzip;
  if (option(config, "CONFIG_MODULE_COMPRESS_XZ") == "y") return Compression::xz;
  if (option(config, "CONFIG_MODULE_COMPRESS_ZSTD") == "y") return Compression::zstd;
  return Compression::none;
}

unsigned number(std::string_view text) noexcept {
  unsigned value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

/// From the comment that heads every configuration: `# Linux/x86 4.18.0-553.el8.x86_64 Kernel Configuration`.
///
/// Source:  linux scripts/kconfig/confdata.c; kernel/module/Kconfig of 5.12, 5.13 and 6.12.
CompressOption meaning_of_compress(std::string_view comment) {
  const std::size_t blank = comment.rfind(' ', comment.find(" Kernel Configuration") - 1);
  if (!comment.starts_with("# Linux/") || blank == std::string_view::npos) return CompressOption::allowed;
  const std::string_view version = comment.substr(blank + 1);
  const unsigned major = number(version);
  const std::size_t dot = version.find('.');
  const unsigned minor = dot == std::string_view::npos ? 0 : number(version.substr(dot + 1));
  return major < 5 || (major == 5 && minor < 13) ? CompressOption::all : CompressOption::allowed;
}

void derive(KernelConfig& config, CompressOption compress) {
  const auto is_set = [&](const char* name) { return option(config, name) == "y"; };
  config.modules = is_set("CONFIG_MODULES");
  config.modversions = is_set("CONFIG_MODVERSIONS");
  config.module_sig = is_set("CONFIG_MODULE_SIG");
  config.btf_modules = is_set("CONFIG_DEBUG_INFO_BTF_MODULES");
  if (std::string hash = option(config, "CONFIG_MODULE_SIG_HASH"); !hash.empty()) config.sig_hash = std::move(hash);
  config.compression = compression_of(config, compress);
  config.compiler_text = option(config, "CONFIG_CC_VERSION_TEXT");
  config.clang = is_set("CONFIG_CC_IS_CLANG");
  // 120200 is 12.2.0.
  config.compiler_major = number(option(config, config.clang ? "CONFIG_CLANG_VERSION" : "CONFIG_GCC_VERSION")) / 10000;
}

struct Line {
  std::string_view name;
  std::string_view value;
  std::uint64_t rank;  ///< the first eight bytes after CONFIG_, so that most comparisons are of one number
};

std::uint64_t rank_of(std::string_view name) noexcept {
  std::uint64_t rank = 0;
  for (std::size_t at = kOption.size(); at < kOption.size() + sizeof(rank); ++at)
    rank = rank << 8U | (at < name.size() ? static_cast<unsigned char>(name[at]) : 0U);
  return rank;
}

/// As many as 8,000 lines, of every kernel of a run: sorted first they are appended to the map, which is twice as fast as to find
/// each one's place in it.
std::map<std::string, std::string> options_of(std::vector<Line> lines) {
  std::ranges::stable_sort(lines, [](const Line& left, const Line& right) {
    return left.rank != right.rank ? left.rank < right.rank : left.name < right.name;
  });
  std::map<std::string, std::string> options;
  for (const Line& line : lines) {
    const auto placed = options.emplace_hint(options.end(), line.name, line.value);
    // Of two lines the later counts.
    if (placed->second != line.value) placed->second = line.value;
  }
  return options;
}

template <class Wanted>
KernelConfig config_of(std::string_view text, const Wanted& wanted) {
  KernelConfig config;
  CompressOption compress = CompressOption::allowed;
  std::vector<Line> lines;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
    if (line.starts_with("# Linux/")) compress = meaning_of_compress(line);
    const std::size_t equals = line.find('=');
    if (!line.starts_with(kOption) || equals == std::string_view::npos) continue;
    const std::string_view name = line.substr(0, equals);
    if (!wanted(name)) continue;
    lines.push_back({.name = name, .value = unquoted(trimmed(line.substr(equals + 1))), .rank = rank_of(name)});
  }
  config.options = options_of(std::move(lines));
  derive(config, compress);
  return config;
}

std::string text_in(const fs::path& tree) {
  // Some packages ship a .config that was edited after the build; auto.conf is what the build read.
  for (const char* name : {"include/config/auto.conf", ".config"}) {
    std::error_code absent;
    if (fs::exists(tree / name, absent)) return read_file(tree / name);
  }
  throw Error({.code = "headers-unusable",
               .message = fmt::format("{} has neither include/config/auto.conf nor .config", tree.string()),
               .where = {},
               .notes = {},
               .hint = "a prepared kernel tree or an unpacked headers package is needed"});
}

}  // namespace

KernelConfig parse_kernel_config(std::string_view text) {
  return config_of(text, [](std::string_view) { return true; });
}

KernelConfig parse_kernel_config(std::string_view text, const OptionNames& wanted) {
  std::unordered_set<std::string_view> names(kDeriving.begin(), kDeriving.end());
  names.insert(wanted.begin(), wanted.end());
  KernelConfig config = config_of(text, [&](std::string_view name) { return names.contains(name); });
  std::erase_if(config.options, [&](const auto& option) { return !wanted.contains(option.first); });
  return config;
}

KernelConfig read_kernel_config(const fs::path& tree) { return parse_kernel_config(text_in(tree)); }

KernelConfig read_kernel_config(const fs::path& tree, const OptionNames& wanted) {
  return parse_kernel_config(text_in(tree), wanted);
}

void require_modules(const KernelConfig& config, const Kernel& kernel) {
  if (config.modules) return;
  throw Error({.code = "kernel-without-modules",
               .message = fmt::format("{} cannot load modules: CONFIG_MODULES is not set", kernel.id()),
               .where = {},
               .notes = {},
               .hint = "exclude it in the manifest, or choose another flavor"});
}

}  // namespace kmpack

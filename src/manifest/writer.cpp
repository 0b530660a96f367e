#include "manifest/writer.hpp"

#include <fmt/format.h>

#include <array>
#include <string_view>

#include "base/text.hpp"
#include "manifest/text_block.hpp"
#include "wrap/xml.hpp"

namespace fs = std::filesystem;

namespace kmpack {
namespace {

constexpr std::size_t kWidth = 100;

std::string attribute(std::string_view name, std::string_view value) {
  return fmt::format(" {}=\"{}\"", name, xml_escaped(value));
}

std::string optional_attribute(std::string_view name, std::string_view value) {
  return value.empty() ? std::string() : attribute(name, value);
}

std::string range_attributes(const KernelRange& range) {
  return optional_attribute("min", range.min.value_or("")) + optional_attribute("max", range.max.value_or(""));
}

std::string condition_attributes(const KernelCondition& when) {
  std::vector<std::string> patterns;
  for (const FlavorPattern& pattern : when.flavors) patterns.push_back(pattern.text);
  return optional_attribute("for", joined(patterns, " ")) + range_attributes(when.range);
}

/// Is shell text easier to read in a character section than with what XML escapes?
bool wants_section(std::string_view text) noexcept {
  const bool plain = text.find_first_of("&<>\"") == std::string_view::npos;
  // A section ends at the first "]]>", and line ends in it are turned into one kind.
  return !plain && text.find("]]>") == std::string_view::npos && text.find('\r') == std::string_view::npos;
}

/// Collects lines; every element is at the indentation of its depth.
class Page {
 public:
  explicit Page(const Manifest& manifest) : base_(manifest.file.parent_path()) {}

  void line(int depth, std::string_view text) {
    out_.append(static_cast<std::size_t>(depth) * 2, ' ');
    out_ += text;
    out_ += '\n';
  }
  void gap() { out_ += '\n'; }
  void comment(std::string_view text) {
    gap();
    line(1, fmt::format("<!-- {} -->", text));
  }
  void leaf(int depth, std::string_view name, std::string_view attributes) {
    line(depth, fmt::format("<{}{}/>", name, attributes));
  }
  void text(int depth, std::string_view name, std::string_view attributes, std::string_view content) {
    line(depth, fmt::format("<{}{}>{}</{}>", name, attributes, xml_escaped(content), name));
  }
  /// Relative to the manifest's folder, as read_manifest wants it.
  [[nodiscard]] std::string relative(const fs::path& path) const { return path.lexically_relative(base_).string(); }
  [[nodiscard]] std::string take() { return std::move(out_); }

 private:
  fs::path base_;
  std::string out_;
};

void write_identity(const Manifest& manifest, Page& page) {
  page.line(0, R"(<?xml version="1.0" encoding="UTF-8"?>)");
  page.line(0, "<!-- Every element is described in docs/manifest.md of kmpack. -->");
  page.line(0, fmt::format("<package{}{}{}{}>", attribute("name", manifest.name.str()), attribute("version", manifest.version),
                           attribute("release", manifest.release), attribute("license", manifest.license)));
  page.text(1, "summary", "", manifest.summary);
  if (!manifest.description.empty()) {
    page.line(1, "<description>");
    for (const std::string_view paragraph : split(manifest.description, '\n')) {
      if (paragraph.empty()) page.gap();
      for (const std::string& line : wrapped(paragraph, kWidth)) page.line(2, xml_escaped(line));
    }
    page.line(1, "</description>");
  }
  if (!manifest.url.empty()) page.text(1, "url", "", manifest.url);
  if (!manifest.vendor.empty()) page.text(1, "vendor", "", manifest.vendor);
  if (manifest.maintainer.mail == "unknown@localhost") page.comment("TODO: name who answers for the package.");
  page.leaf(1, "maintainer", attribute("name", manifest.maintainer.name) + attribute("mail", manifest.maintainer.mail));
}

void write_source(const Manifest& manifest, Page& page) {
  const SourceSpec& source = manifest.source;
  const std::string below = optional_attribute("subdirectory", source.subdirectory.string());
  page.comment("Where the sources are: a directory, or an archive with its sha256. Paths start from this folder.");
  if (source.archive.empty()) {
    page.leaf(1, "source", attribute("directory", page.relative(source.directory)) + below);
  } else {
    page.leaf(1, "source", attribute("archive", page.relative(source.archive)) + attribute("sha256", source.sha256) + below);
  }
  if (!manifest.patches.empty()) {
    page.line(1, "<patches>");
    for (const PatchSpec& patch : manifest.patches) {
      page.leaf(2, "patch",
                attribute("file", page.relative(patch.file)) + attribute("strip", std::to_string(patch.strip)) +
                    optional_attribute("fuzz", patch.fuzz == 0 ? "" : std::to_string(patch.fuzz)) +
                    condition_attributes(patch.when));
    }
    page.line(1, "</patches>");
  }
}

void write_commands(std::string_view name, const std::vector<BuildCommand>& commands, Page& page) {
  for (const BuildCommand& command : commands) {
    const bool section = wants_section(command.text);
    const std::string start = fmt::format("<{}{}>{}", name, condition_attributes(command.when), section ? "<![CDATA[" : "");
    const std::string end = fmt::format("{}</{}>", section ? "]]>" : "", name);
    const auto content = [&](std::string_view text) { return section ? std::string(text) : xml_escaped(text); };
    if (command.text.find('\n') == std::string::npos) {
      page.line(2, start + content(command.text) + end);
      continue;
    }
    page.line(2, start);
    for (const std::string_view line : split(command.text, '\n')) {
      if (line.empty()) page.gap();
      if (!line.empty()) page.line(3, content(line));
    }
    page.line(2, end);
  }
}

void write_make(const MakeSpec& make, Page& page) {
  const bool nothing_said = make.variables.empty() && make.before.empty() && make.commands.empty() && make.after.empty();
  if (nothing_said && make.target == MakeSpec{}.target) return;
  page.line(1, fmt::format("<make{}>", attribute("target", make.target)));
  for (const MakeVariable& variable : make.variables) {
    page.leaf(2, "variable", attribute("name", variable.name) + attribute("value", variable.value));
  }
  write_commands("before", make.before, page);
  write_commands("command", make.commands, page);
  write_commands("after", make.after, page);
  page.line(1, "</make>");
}

void write_modules(const Manifest& manifest, Page& page) {
  page.comment("Every .ko the build makes. 'uses' names modules of this package whose exported symbols one needs.");
  page.line(1, "<modules>");
  for (const ModuleSpec& module : manifest.modules) {
    std::vector<std::string> uses;
    for (const ModuleName& name : module.uses) uses.push_back(name.str());
    const std::string directory = module.directory == "." ? std::string() : module.directory.string();
    page.leaf(2, "module",
              attribute("name", module.name.str()) + optional_attribute("directory", directory) +
                  optional_attribute("uses", joined(uses, " ")) +
                  optional_attribute("file", module.file ? module.file->str() : "") +
                  optional_attribute("strip", module.strip == Strip::no ? "no" : "") + condition_attributes(module.when));
  }
  page.line(1, "</modules>");
  for (const PackageName& package : manifest.build_depends) page.leaf(1, "build-depends", attribute("package", package.str()));
}

void write_kernels(const KernelsSpec& kernels, Page& page) {
  constexpr std::array<std::string_view, 4> kNeeds = {"enabled", "builtin", "module", "disabled"};
  page.comment("Which kernels: <include flavor=\"debian-12/*amd64\"/>; see 'kmpack flavors'.");
  page.line(1, fmt::format("<kernels{}>", range_attributes(kernels.range)));
  for (const WantedKernels& wanted : kernels.include) page.leaf(2, "include", attribute("flavor", wanted.pattern.text));
  for (const ExcludedKernels& excluded : kernels.exclude) {
    const bool any = excluded.pattern.text == "*/*" && !excluded.kernels.unbounded();
    page.leaf(2, "exclude",
              (any ? std::string() : attribute("flavor", excluded.pattern.text)) + range_attributes(excluded.kernels) +
                  attribute("reason", excluded.reason));
  }
  for (const ConfigRequirement& config : kernels.config) {
    page.leaf(2, "config",
              attribute("option", config.option) + attribute("need", kNeeds.at(static_cast<std::size_t>(config.need))) +
                  optional_attribute("reason", config.reason.value_or("")));
  }
  page.line(1, "</kernels>");
}

bool is_empty(const InstallSpec& install) {
  return install.softdeps.empty() && install.options.empty() && install.blacklist.empty() && install.load_at_boot.empty() &&
         install.firmware.empty() && install.licenses.empty() && install.documents.empty() && install.initramfs == Initramfs::no;
}

void write_install(const InstallSpec& install, Page& page) {
  if (is_empty(install)) return;
  page.comment("What is installed beside the modules.");
  page.line(1, fmt::format("<install{}>", attribute("initramfs", install.initramfs == Initramfs::yes ? "yes" : "no")));
  for (const Softdep& softdep : install.softdeps) {
    // Either list may be empty, but one of the attributes has to be there.
    page.leaf(2, "softdep",
              attribute("module", softdep.module.str()) + optional_attribute("pre", joined(softdep.pre, " ")) +
                  optional_attribute("post", joined(softdep.post, " ")));
  }
  for (const ModuleOptions& options : install.options)
    page.text(2, "options", attribute("module", options.module.str()), options.text);
  for (const ModuleName& module : install.blacklist) page.leaf(2, "blacklist", attribute("module", module.str()));
  for (const ModuleName& module : install.load_at_boot) page.leaf(2, "load", attribute("module", module.str()));
  for (const FirmwareFile& firmware : install.firmware) {
    page.leaf(2, "firmware", attribute("file", page.relative(firmware.file)) + attribute("name", firmware.name.string()));
  }
  for (const fs::path& file : install.licenses) page.leaf(2, "license", attribute("file", file.string()));
  for (const fs::path& file : install.documents) page.leaf(2, "doc", attribute("file", file.string()));
  page.line(1, "</install>");
}

std::string policy_attributes(const RpmPolicy& policy) {
  constexpr std::array<std::string_view, 3> kPins = {"symbols", "exact", "rich"};
  std::string text;
  if (policy.pin) text += attribute("pin", kPins.at(static_cast<std::size_t>(*policy.pin)));
  if (policy.multiversion == Multiversion::no) text += attribute("multiversion", "no");
  return text;
}

void write_extras(std::string_view format, const std::string& attributes, const FormatExtras& extras, Page& page) {
  constexpr std::array<std::string_view, 4> kPhases = {"pre-install", "post-install", "pre-remove", "post-remove"};
  const bool nothing_added =
      extras.needs.empty() && extras.provides.empty() && extras.conflicts.empty() && extras.scripts.empty();
  if (nothing_added && attributes.empty()) return;
  page.gap();
  page.line(1, fmt::format("<{}{}>", format, attributes));
  for (const std::string& relation : extras.needs) page.text(2, "requires", "", relation);
  for (const std::string& relation : extras.provides) page.text(2, "provides", "", relation);
  for (const std::string& relation : extras.conflicts) page.text(2, "conflicts", "", relation);
  for (const ScriptFragment& script : extras.scripts) {
    page.line(2, fmt::format("<script{}>", attribute("phase", kPhases.at(static_cast<std::size_t>(script.phase)))));
    for (const std::string_view line : split(script.text, '\n')) {
      if (line.empty()) page.gap();
      if (!line.empty()) page.line(3, xml_escaped(line));
    }
    page.line(2, "</script>");
  }
  page.line(1, fmt::format("</{}>", format));
}

}  // namespace

std::string render_manifest(const Manifest& manifest) {
  Page page(manifest);
  write_identity(manifest, page);
  write_source(manifest, page);
  write_make(manifest.make, page);
  write_modules(manifest, page);
  write_kernels(manifest.kernels, page);
  write_install(manifest.install, page);
  write_extras("rpm", policy_attributes(manifest.rpm_policy), manifest.rpm, page);
  write_extras("deb", {}, manifest.deb, page);
  page.line(0, "</package>");
  return page.take();
}

}  // namespace kmpack

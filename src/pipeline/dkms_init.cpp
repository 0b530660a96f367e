#include "pipeline/dkms_init.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <map>
#include <set>
#include <string_view>
#include <utility>
#include <vector>

#include "base/text.hpp"
#include "headers/store.hpp"
#include "manifest/dkms/import.hpp"
#include "manifest/reader.hpp"
#include "manifest/reading.hpp"
#include "manifest/writer.hpp"
#include "pipeline/choice.hpp"
#include "pipeline/dkms.hpp"
#include "pipeline/prepare.hpp"
#include "sys/files.hpp"

namespace fs = std::filesystem;

namespace kmpack {
namespace {

/// Why a directive has nothing to do in a package.
std::string_view why_left_out(std::string_view directive) {
  static const std::map<std::string_view, std::string_view> reasons = {
      {"AUTOINSTALL", "nothing is built on the machine that installs"},
      {"BUILD_DEPENDS_REBUILD", "a package is built again when the symbols of one it needs change, in any case"},
      {"CLEAN", "every build begins in a fresh copy"},
      {"DEST_MODULE_LOCATION", "each distribution has its own place, as with dkms"},
      {"NO_WEAK_MODULES", "what an rpm does about other kernels follows its distribution"},
  };
  const auto found = reasons.find(directive);
  return found == reasons.end() ? "it is about dkms on the machine that installs" : found->second;
}

/// Text that may stand in an XML comment.
std::string commented(std::string text) {
  for (char& c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte < 0x20U && c != '\n' && c != '\t') || byte >= 0x7FU) c = '?';
  }
  while (text.find("--") != std::string::npos) text = replaced(std::move(text), "--", "- -");
  return text;
}

bool is_decision(std::string_view code) {
  constexpr auto kWords = std::to_array<std::string_view>(
      {"if ", "elif ", "case ", "for ", "while ", "until ", ". ", "source ", "[[ ", "[ ", "test "});
  return std::ranges::any_of(kWords, [&](std::string_view word) { return code.starts_with(word); });
}

/// A decision that names what differs from kernel to kernel, wherever it led for those that were asked about.
bool decides_by_kernel(std::string_view conf) {
  constexpr auto kOfKernel =
      std::to_array<std::string_view>({"kernelver", "kernel_source_dir", "kernel_config", "$arch", "${arch"});
  for (const std::string_view line : split(conf, '\n')) {
    const std::string_view code = trimmed(line);
    const auto is_named = [&](std::string_view name) { return code.find(name) != std::string_view::npos; };
    if (is_decision(code) && std::ranges::any_of(kOfKernel, is_named)) return true;
  }
  return false;
}

/// Lines that decide something: more than assignments, comments and nothing.
bool has_shell_logic(std::string_view conf) {
  for (const std::string_view line : split(conf, '\n')) {
    const std::string_view code = trimmed(line);
    if (code.empty() || code.starts_with('#')) continue;
    if (is_decision(code)) return true;
    if (code.find("$(") != std::string_view::npos || code.find('`') != std::string_view::npos) return true;
  }
  return false;
}

bool is_conditional(const Manifest& manifest) {
  const auto conditional = [](const auto& part) { return !part.when.unconditional(); };
  const MakeSpec& make = manifest.make;
  // What has a range is for all kernels alike.
  const auto literal = [](const ExcludedKernels& excluded) { return excluded.kernels.unbounded(); };
  return std::ranges::any_of(manifest.kernels.exclude, literal) || std::ranges::any_of(manifest.modules, conditional) ||
         std::ranges::any_of(manifest.patches, conditional) || std::ranges::any_of(make.before, conditional) ||
         std::ranges::any_of(make.commands, conditional) || std::ranges::any_of(make.after, conditional);
}

class Import {
 public:
  Import(const fs::path& directory, const Request& request, Context& context, const std::function<void(const std::string&)>& say,
         Diagnostics& problems)
      : directory_(directory), request_(request), context_(context), say_(say), problems_(problems) {
    request_.manifests = {directory / "dkms.conf"};
  }

  std::optional<std::string> run() {
    const Inputs inputs = read_inputs(request_, Manifests::needed, context_, problems_);
    const bool offline = request_.network == Network::offline;
    sources_ = header_sources(request_, offline || inputs.flavors.empty() ? Metadata::stored : Metadata::recent);
    if (inputs.flavors.empty()) report_no_kernels(inputs);
    if (!problems_.ok()) return std::nullopt;
    auto manifest = read(inputs);
    if (!manifest) return std::nullopt;
    complete(*manifest, inputs);
    return written(*manifest);
  }

 private:
  void warn(std::string_view code, std::string message, std::uint32_t line, std::string hint) {
    problems_.report({.severity = Severity::warning,
                      .code = code,
                      .message = std::move(message),
                      .where = SourceSpan{directory_ / "dkms.conf", line, 0},
                      .notes = {},
                      .hint = std::move(hint)});
  }

  void report_no_kernels(const Inputs& inputs) {
    HeaderSources here = sources_;
    here.metadata = Metadata::none;
    Diagnostics unused;
    std::vector<std::string> notes;
    const Errands errands{context_.runner, context_.stop, say_};
    for (const auto& kernel : find_kernels(here, inputs.catalogues, {}, errands, unused)) {
      if (kernel->origin == HeadersOrigin::installed) notes.push_back("installed here: " + kernel->id());
    }
    problems_.report(
        {.code = "init-no-kernels",
         .message = "what a dkms.conf means depends on the kernel, and no kernels are named",
         .where = SourceSpan{directory_ / "dkms.conf", 0, 0},
         .notes = std::move(notes),
         .hint = "name those you build for with --flavor, as --flavor 'debian-12/*amd64'; 'kmpack flavors' lists them"});
  }

  std::optional<Manifest> read(const Inputs& inputs) {
    const Errands errands{context_.runner, context_.stop, say_};
    const Kernels available = available_kernels(request_, inputs, sources_, errands, problems_);
    std::vector<Wanted> wanted = wanted_kernels(request_, inputs, available, problems_);
    if (!problems_.ok()) return std::nullopt;
    Diagnostics first_look;
    const auto missing = fetch_wanted(plan_cells(wanted, {}, first_look), request_, sources_, errands);
    if (missing) problems_.report(*missing);
    if (!problems_.ok()) return std::nullopt;
    unread_ = read_dkms(wanted, sources_, request_.jobs, context_, problems_);
    for (const auto& [key, found] : unread_.failed) {
      for (const Diagnostic& problem : found) problems_.report(problem);
    }
    for (const auto& key : unread_.later) {
      problems_.report({.code = "headers-absent",
                        .message = fmt::format("the headers of {} are not on this disk", key.second->id()),
                        .hint = "leave --offline out, or fetch them with 'kmpack flavors fetch'"});
    }
    const Manifest& manifest = *wanted.front().manifest;
    if (problems_.ok() && manifest.modules.empty()) report_excluded(manifest);
    return problems_.ok() ? std::optional(manifest) : std::nullopt;
  }

  void report_excluded(const Manifest& manifest) {
    std::vector<std::string> notes;
    for (const ExcludedKernels& excluded : manifest.kernels.exclude) {
      notes.push_back((excluded.kernels.min ? *excluded.kernels.min + " and later" : excluded.pattern.text) + ": " +
                      excluded.reason);
    }
    if (manifest.kernels.range.min) notes.push_back("it is for kernels " + *manifest.kernels.range.min + " and later");
    for (const ConfigRequirement& config : manifest.kernels.config) {
      notes.push_back(fmt::format("it needs {}{}", config.option, config.need == ConfigNeed::disabled ? " not set" : ""));
    }
    problems_.report({.code = "init-excluded",
                      .message = "the dkms.conf is for none of the kernels named",
                      .where = SourceSpan{manifest.file, 0, 0},
                      .notes = std::move(notes),
                      .hint = "name others with --flavor"});
  }

  void complete(Manifest& manifest, const Inputs& inputs) {
    conf_ = read_file(manifest.file);
    for (const FlavorPattern& pattern : inputs.flavors) manifest.kernels.include.push_back({.pattern = pattern});
    for (const std::string& name : unread_.ignored[manifest.name]) {
      const std::uint32_t line = line_of_directive(conf_, name, "");
      if (line != 0) left_out_ += fmt::format("    dkms.conf:{}: {}: {}\n", line, name, why_left_out(name));
    }
    for (const DkmsRule& rule : unread_.of_these_kernels[manifest.name]) {
      warn("dkms-exclusion-fixed",
           fmt::format("{}{} is {}, which no kmpack.xml says: written down is what it means for the kernels named",
                       rule.directive, rule.of_module ? fmt::format("[{}]", rule.index) : "", shown(rule.text)),
           rule.line, "other kernels are not excluded by it; add an <exclude> for those that are not to be built");
    }
    if ((is_conditional(manifest) && has_shell_logic(conf_)) || decides_by_kernel(conf_)) {
      logic_ = true;
      warn("dkms-logic-fixed", "what this file decides by shell code is written down as it comes out for the kernels named", 0,
           "for other kernels, run 'kmpack init' again or correct the patterns in 'for'");
    }
    manifest.file = directory_ / "kmpack.xml";
    manifest.dkms.reset();
  }

  [[nodiscard]] std::string comments() const {
    std::string text;
    for (const Diagnostic& problem : problems_.all()) {
      text += fmt::format("\n    {}{}\n", place_text(problem), problem.message);
      for (const std::string& note : problem.notes) text += fmt::format("      {}\n", note);
      if (problem.code == "dkms-script-left-out") text += script_text(problem);
    }
    if (logic_) {
      text += "\n    The lines of the dkms.conf:\n\n";
      for (const std::string_view line : split(conf_, '\n')) {
        if (!trimmed(line).empty() && !trimmed(line).starts_with('#')) text += fmt::format("      {}\n", line);
      }
    }
    if (!left_out_.empty()) text += "\n    Of no meaning for packages, nothing needs to be done:\n" + left_out_;
    if (text.empty()) return text;
    return fmt::format("\n  <!-- Not as it was in the dkms.conf, or to be looked at:\n{}  -->\n", commented(std::move(text)));
  }

  static std::string place_text(const Diagnostic& problem) {
    if (!problem.where || problem.where->line == 0) return {};
    return fmt::format("{}:{}: ", problem.where->file.filename().string(), problem.where->line);
  }

  /// The script itself, where the message's file is one beside the conf.
  [[nodiscard]] std::string script_text(const Diagnostic& problem) const {
    constexpr std::size_t kLargest = std::size_t{64} * 1024;
    const std::size_t open = problem.message.find('\'');
    if (open == std::string::npos) return {};
    const std::vector<std::string> call =
        words(problem.message.substr(open + 1, problem.message.find('\'', open + 1) - open - 1));
    if (call.empty() || !is_safe_relative(call.front())) return {};
    const fs::path file = directory_ / call.front();
    std::error_code failed;
    if (!fs::is_regular_file(file, failed) || fs::file_size(file, failed) > kLargest) return {};
    std::string text = fmt::format("      {}:\n", call.front());
    const std::string script = read_file(file);
    for (const std::string_view line : split(script, '\n')) text += fmt::format("        {}\n", line);
    return text;
  }

  std::optional<std::string> written(const Manifest& manifest) {
    std::string text = render_manifest(manifest);
    text.insert(text.rfind("</package>"), comments());
    // A person would find out only with the next command.
    Diagnostics found;
    const auto same = parse_manifest(text, manifest.file, found);
    if (!same) problems_.append(std::move(found));
    return same ? std::optional(std::move(text)) : std::nullopt;
  }

  fs::path directory_;
  Request request_;
  Context& context_;
  const std::function<void(const std::string&)>& say_;
  Diagnostics& problems_;
  HeaderSources sources_;
  DkmsUnread unread_;
  std::string conf_;
  std::string left_out_;  ///< lines about directives that do nothing here
  bool logic_ = false;
};

}  // namespace

std::optional<std::string> manifest_text_of_dkms(const fs::path& directory, const Request& request, Context& context,
                                                 const std::function<void(const std::string&)>& say, Diagnostics& problems) {
  return Import(directory, request, context, say, problems).run();
}

}  // namespace kmpack

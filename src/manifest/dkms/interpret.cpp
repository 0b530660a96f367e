#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cstddef>
#include <set>

#include "base/text.hpp"
#include "manifest/dkms/choice.hpp"
#include "manifest/dkms/conf.hpp"
#include "manifest/dkms/directives.hpp"
#include "manifest/dkms/exclusive.hpp"
#include "manifest/dkms/messages.hpp"
#include "manifest/dkms/text.hpp"
#include "manifest/dkms/values.hpp"
#include "sys/files.hpp"

namespace fs = std::filesystem;

namespace kmpack {
namespace {

constexpr const char* kModuleArrays[] = {"BUILT_MODULE_NAME", "BUILT_MODULE_LOCATION", "DEST_MODULE_NAME",
                                         "DEST_MODULE_LOCATION"};

bool is_module_name(const std::string& name) {
  return !name.empty() && name.front() != '-' && name.front() != '.' && std::ranges::all_of(name, [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || std::string_view("_-.+").find(c) != std::string_view::npos;
  });
}

class Interpreter {
 public:
  Interpreter(const DkmsDump& dump, const DkmsOrigin& origin, const DkmsKernel& kernel, std::string conf_text,
              Diagnostics& problems)
      : dump_(dump), origin_(origin), kernel_(kernel), text_(std::move(conf_text)), problems_(problems) {}

  DkmsConf interpret() {
    const DkmsPlaces places(plain("PACKAGE_NAME"), plain("PACKAGE_VERSION"), kernel_);
    if (!check_dkms_values(dump_, origin_, places, text_, problems_)) return {};
    identity();
    modules();
    conf_.make = places.replaced_in(dkms_make_of(dump_, origin_, kernel_, text_, problems_));
    conf_.patches = dkms_patches_of(dump_, origin_, kernel_, text_, problems_);
    conf_.pre_build = places.replaced_in(plain("PRE_BUILD"));
    conf_.post_build = places.replaced_in(plain("POST_BUILD"));
    for (const char* name : {"POST_ADD", "PRE_INSTALL", "POST_INSTALL", "POST_REMOVE"}) {
      if (std::string script = plain(name); !script.empty()) conf_.target_scripts.emplace(name, std::move(script));
    }
    for (const auto& [index, name] : values("BUILD_DEPENDS")) {
      if (!name.empty()) conf_.build_depends.push_back(name);
    }
    remarks();
    // What a conf says of its exclusion is the reason that is given for it.
    if (!conf_.excluded) report_dkms_messages(dump_, origin_, places, problems_);
    return std::move(conf_);
  }

 private:
  [[nodiscard]] const DkmsValues& values(const std::string& name) const {
    static const DkmsValues none;
    const auto found = dump_.seen.find(name);
    return found == dump_.seen.end() ? none : found->second;
  }
  /// Carriage returns are told of once and never meant.
  [[nodiscard]] std::string element(const std::string& name, unsigned index) const {
    const auto found = values(name).find(index);
    if (found == values(name).end()) return {};
    return found->second;
  }
  [[nodiscard]] std::string plain(const std::string& name) const { return element(name, 0); }

  void identity() {
    conf_.name = plain("PACKAGE_NAME");
    conf_.version = plain("PACKAGE_VERSION");
    for (const auto& [name, value] : {std::pair{"PACKAGE_NAME", &conf_.name}, {"PACKAGE_VERSION", &conf_.version}}) {
      if (value->empty()) {
        fail("dkms-name-missing", fmt::format("{} is not set", name), {origin_.conf, 0, 0}, fmt::format("write {}=\"…\"", name));
      }
    }
  }

  /// dkms 3.0 counts elements, later ones go up to the highest index.
  [[nodiscard]] unsigned count_of_modules() const {
    unsigned count = 0;
    for (const char* name : kModuleArrays) {
      const DkmsValues& array = values(name);
      if (array.empty()) continue;
      const bool counted = origin_.semantics == DkmsSemantics::v3_0;
      count = std::max(count, counted ? static_cast<unsigned>(array.size()) : array.rbegin()->first + 1);
    }
    return count;
  }

  void modules() {
    const unsigned count = count_of_modules();
    warn_uncounted(count);
    const DkmsExclusion exclusion = dkms_exclusion(dump_, origin_, kernel_, count, text_, problems_);
    conf_.excluded = exclusion.package;
    conf_.rules = exclusion.rules;
    if (count == 0 && !exclusion.package) {
      fail("dkms-no-modules", "no module is described", {origin_.conf, 0, 0},
           "set BUILT_MODULE_NAME[0] and DEST_MODULE_LOCATION[0], for each module one index");
    }
    std::vector<std::string> nameless;
    for (unsigned index = 0; index < count; ++index) {
      if (name_of(index, count).empty()) {
        nameless.push_back(std::to_string(index));
      } else {
        module(index, count, exclusion.modules[index]);
      }
    }
    if (nameless.empty()) return;
    constexpr std::size_t kListed = 10;
    if (nameless.size() > kListed) nameless.resize(kListed);
    fail("dkms-array-hole",
         fmt::format("there are {} modules by the {}, and no BUILT_MODULE_NAME for index {}", count,
                     origin_.semantics == DkmsSemantics::v3_0 ? "number of elements" : "highest index", joined(nameless, ", ")),
         {origin_.conf, line_of_module(count - 1), 0}, "number the modules from 0 without a gap");
  }

  void warn_uncounted(unsigned count) {
    if (count == 0) return;
    for (const char* name : kModuleArrays) {
      const DkmsValues& array = values(name);
      const auto beyond = array.lower_bound(count);
      if (beyond == array.end()) continue;
      warn("dkms-array-sparse",
           fmt::format("dkms 3.0 does not reach {}[{}]: it counts {} elements; neither does kmpack", name, beyond->first, count),
           line(name, beyond->first), "number the modules from 0 without a gap");
    }
  }

  [[nodiscard]] std::string name_of(unsigned index, unsigned count) const {
    std::string name = element("BUILT_MODULE_NAME", index);
    const bool alone = origin_.semantics == DkmsSemantics::v3_0 ? values("DEST_MODULE_LOCATION").size() == 1 : count == 1;
    if (name.empty() && alone) name = plain("PACKAGE_NAME");
    return name;
  }

  void module(unsigned index, unsigned count, const std::optional<std::string>& excluded) {
    DkmsModule module;
    module.built_name = name_of(index, count);
    module.installed_name = element("DEST_MODULE_NAME", index);
    if (module.installed_name.empty()) module.installed_name = module.built_name;
    module.installed_directory = element("DEST_MODULE_LOCATION", index);
    module.built_directory = directory(index);
    module.strip = is_stripped(index) ? Strip::yes : Strip::no;
    module.excluded = excluded;
    check_name("BUILT_MODULE_NAME", index, module.built_name);
    if (module.installed_name != module.built_name) check_name("DEST_MODULE_NAME", index, module.installed_name);
    check_location(index, module.installed_directory);
    if (!built_.insert((module.built_directory / module.built_name).string()).second) {
      fail("dkms-module-twice", fmt::format("BUILT_MODULE_NAME[{}] names {} a second time", index, module.built_name),
           {origin_.conf, line("BUILT_MODULE_NAME", index), 0}, "describe each module once");
    } else if (!installed_.insert(module.installed_name).second) {
      fail("dkms-module-twice", fmt::format("a second module would be installed as {}", module.installed_name),
           {origin_.conf, line_of_module(index), 0}, "give each module a DEST_MODULE_NAME of its own");
    }
    conf_.modules.push_back(std::move(module));
  }

  fs::path directory(unsigned index) {
    const std::string text = element("BUILT_MODULE_LOCATION", index);
    if (trimmed(text).empty()) return ".";
    fs::path path = fs::path(text).lexically_normal();
    if (!path.has_filename()) path = path.parent_path();
    if (path.empty() || path == ".") return ".";
    if (is_safe_relative(path)) return path;
    fail("dkms-path-unsafe", fmt::format("BUILT_MODULE_LOCATION[{}] is not below the source: {}", index, text),
         {origin_.conf, line("BUILT_MODULE_LOCATION", index), 0}, "name a directory relative to the one that dkms.conf is in");
    return ".";
  }

  [[nodiscard]] bool is_stripped(unsigned index) const {
    std::string text = element("STRIP", index);
    if (text.empty()) text = element("STRIP", 0);
    return !text.starts_with('n') && !text.starts_with('N');
  }

  void check_name(const char* directive, unsigned index, const std::string& name) {
    const bool suffix = name.ends_with(".o") || name.ends_with(".ko");
    if (!suffix && is_module_name(name)) return;
    fail("dkms-module-name",
         fmt::format("{}[{}] is {}: '{}'", directive, index, suffix ? "a file with suffix" : "no module's name", name),
         {origin_.conf, line(directive, index), 0}, "write the module's name without directory and suffix");
  }

  void check_location(unsigned index, const std::string& location) {
    for (const char* root : {"/kernel", "/updates", "/extra"}) {
      if (location.starts_with(root)) return;
    }
    fail("dkms-location-invalid",
         location.empty()
             ? fmt::format("there is no DEST_MODULE_LOCATION[{}]", index)
             : fmt::format("DEST_MODULE_LOCATION[{}] does not start with /kernel, /updates or /extra: {}", index, location),
         {origin_.conf, line_of_module(index), 0},
         "write \"/updates\": dkms asks for it, and neither dkms nor kmpack installs there");
  }

  void remarks() {
    for (const auto& [name, written] : dump_.written) {
      const DkmsDirective* directive = find_dkms_directive(name);
      if (directive == nullptr || directive->standing != DkmsStanding::ignored) continue;
      warn("dkms-directive-ignored", fmt::format("{} does nothing, here as in dkms since 3.0", name),
           line(name, written.empty() ? 0 : written.begin()->first), std::string(directive->remark));
    }
    if (origin_.semantics == DkmsSemantics::v3_4) {
      for (const char* name : {"AUTOINSTALL", "BUILD_DEPENDS_REBUILD", "NO_WEAK_MODULES"}) yes_or_no(name);
    }
    fixed_paths();
  }

  void fixed_paths() {
    const std::vector<std::uint32_t> lines = dkms_lines_with_fixed_paths(text_);
    if (lines.empty()) return;
    Diagnostic diagnostic{
        .severity = Severity::warning,
        .code = "dkms-path-fixed",
        .message = "a directory of dkms or of the running system is spelled out; kmpack puts the cell's own there",
        .where = SourceSpan{origin_.conf, lines.front(), 0},
        .notes = {},
        .hint = "write $kernel_source_dir, $dkms_tree/$module/$module_version/build or $source_tree instead"};
    if (lines.size() > 1) {
      diagnostic.notes.push_back(fmt::format("also in line {}", fmt::join(lines.begin() + 1, lines.end(), ", ")));
    }
    problems_.report(std::move(diagnostic));
  }

  void yes_or_no(const char* name) {
    std::string value = plain(name);
    std::ranges::transform(value, value.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    if (value.empty() || value == "yes" || value == "no") return;
    warn("dkms-yes-or-no",
         fmt::format("{} is '{}'; dkms since 3.1.7 takes yes or no only and refuses the file", name, plain(name)), line(name, 0),
         fmt::format("write {}=yes", name));
  }

  /// Where a module is described, by whichever of its arrays.
  [[nodiscard]] std::uint32_t line_of_module(unsigned index) const {
    for (const char* name : {"DEST_MODULE_LOCATION", "DEST_MODULE_NAME", "BUILT_MODULE_NAME", "BUILT_MODULE_LOCATION"}) {
      if (!values(name).contains(index)) continue;
      if (const std::uint32_t found = line(name, index); found > 0) return found;
    }
    return 0;
  }
  [[nodiscard]] std::uint32_t line(std::string_view directive, unsigned index) const {
    return dkms_line_of(text_, directive, index);
  }

  void fail(std::string_view code, std::string message, SourceSpan where, std::string hint) {
    problems_.report(
        {.code = code, .message = std::move(message), .where = std::move(where), .notes = {}, .hint = std::move(hint)});
  }
  void warn(std::string_view code, std::string message, std::uint32_t number, std::string hint) {
    problems_.report({.severity = Severity::warning,
                      .code = code,
                      .message = std::move(message),
                      .where = SourceSpan{origin_.conf, number, 0},
                      .notes = {},
                      .hint = std::move(hint)});
  }

  const DkmsDump& dump_;
  const DkmsOrigin& origin_;
  const DkmsKernel& kernel_;
  std::string text_;
  Diagnostics& problems_;
  DkmsConf conf_;
  std::set<std::string> built_;
  std::set<std::string> installed_;
};

}  // namespace

std::optional<DkmsConf> interpret_dkms(const DkmsDump& dump, const DkmsOrigin& origin, const DkmsKernel& kernel,
                                       Diagnostics& problems) {
  std::error_code unseen;
  const std::size_t before = problems.error_count();
  std::string text = fs::is_regular_file(origin.conf, unseen) ? read_file(origin.conf) : std::string();
  DkmsConf conf = Interpreter(dump, origin, kernel, std::move(text), problems).interpret();
  if (problems.error_count() > before) return std::nullopt;
  return conf;
}

}  // namespace kmpack

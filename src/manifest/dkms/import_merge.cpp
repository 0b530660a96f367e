#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/text.hpp"
#include "manifest/dkms/import.hpp"
#include "manifest/dkms/import_files.hpp"
#include "manifest/dkms/import_kernels.hpp"
#include "manifest/dkms/import_rules.hpp"
#include "manifest/identity.hpp"
#include "manifest/reading.hpp"
#include "sys/files.hpp"

namespace fs = std::filesystem;

namespace kmpack {
namespace {

enum class Repeats { none, kept };

/// dkms runs `patch -p1`, and this is what GNU patch allows by itself.
/// Source: patch(1), --fuzz; dkms 3.0.10 and 3.4.3 prepare_build.
constexpr unsigned kFuzzOfDkms = 2;

/// Things that some kernels have, in an order that is right for each of them, and which kernels those are.
template <class Item>
class Union {
 public:
  explicit Union(Repeats repeats) : repeats_(repeats) {}

  void add(std::size_t kernel, const std::vector<Item>& items) {
    std::size_t place = 0;
    for (const Item& item : items) place = put(kernel, item, place) + 1;
  }
  [[nodiscard]] const std::vector<std::pair<Item, KernelSet>>& entries() const noexcept { return entries_; }

 private:
  std::size_t put(std::size_t kernel, const Item& item, std::size_t from) {
    const std::size_t start = repeats_ == Repeats::kept ? from : 0;
    for (std::size_t i = start; i < entries_.size(); ++i) {
      if (entries_[i].first != item) continue;
      entries_[i].second.insert(kernel);
      return i >= from ? i : from - 1;
    }
    from = std::min(from, entries_.size());
    entries_.insert(entries_.begin() + static_cast<std::ptrdiff_t>(from), {item, KernelSet{kernel}});
    return from;
  }

  Repeats repeats_;
  std::vector<std::pair<Item, KernelSet>> entries_;
};

struct ModuleKey {
  std::string name;
  fs::path directory;
  std::string file;
  Strip strip = Strip::yes;

  bool operator==(const ModuleKey&) const = default;
};

class Merge {
 public:
  Merge(const Manifest& identity, std::span<const DkmsAnswer> answers, Diagnostics& problems)
      : manifest_(identity), answers_(answers), problems_(problems), files_(manifest_, problems) {}

  std::optional<Manifest> run() {
    const std::size_t before = problems_.error_count();
    for (const DkmsAnswer& answer : answers_) kernels_.push_back(answer.kernel);
    for (std::size_t i = 0; i < answers_.size(); ++i) {
      if (!answers_[i].conf.excluded) built_.insert(i);
    }
    exclude();
    modules();
    patches();
    make();
    build_depends();
    for (const DkmsAnswer& answer : answers_) files_.leave_out(answer.conf.target_scripts);
    return problems_.error_count() == before ? std::optional(std::move(manifest_)) : std::nullopt;
  }

 private:
  [[nodiscard]] const DkmsConf& conf(std::size_t index) const { return answers_[index].conf; }
  [[nodiscard]] SourceSpan where() const { return {manifest_.file, 0, 0}; }
  [[nodiscard]] KernelCondition when(const KernelSet& holds) const { return condition_for(holds, built_, kernels_, where()); }

  void error(std::string_view code, std::string message, const SourceSpan& at, std::string hint) {
    problems_.report({.code = code, .message = std::move(message), .where = at, .notes = {}, .hint = std::move(hint)});
  }

  void exclude() {
    const KernelSet explained = carry_rules(answers_, manifest_).excluded;
    KernelSet others;
    Union<std::string> reasons(Repeats::none);
    for (std::size_t i = 0; i < answers_.size(); ++i) {
      if (explained.contains(i)) continue;
      others.insert(i);
      if (conf(i).excluded) reasons.add(i, {*conf(i).excluded});
    }
    for (const auto& [reason, kernels] : reasons.entries()) {
      for (FlavorPattern& pattern : patterns_excluding(kernels, others, kernels_, where())) {
        manifest_.kernels.exclude.push_back({.pattern = std::move(pattern), .kernels = {}, .reason = reason, .where = where()});
      }
    }
  }

  void modules() {
    Union<ModuleKey> modules(Repeats::none);
    for (const std::size_t i : built_) {
      std::vector<ModuleKey> keys;
      for (const DkmsModule& module : conf(i).modules) {
        if (!module.excluded) keys.push_back({module.built_name, module.built_directory, module.installed_name, module.strip});
      }
      modules.add(i, keys);
    }
    for (const auto& [key, kernels] : modules.entries()) add_module(key, kernels);
    say_which_are_left_out();
  }

  /// A package that lacks one of its modules for some kernels says so.
  void say_which_are_left_out() {
    Union<std::pair<std::string, std::string>> left_out(Repeats::none);
    for (const std::size_t i : built_) {
      for (const DkmsModule& module : conf(i).modules) {
        if (module.excluded) left_out.add(i, {{module.built_name, *module.excluded}});
      }
    }
    for (const auto& [module, kernels] : left_out.entries()) {
      const auto& [name, reason] = module;
      std::string names;
      for (const std::size_t i : kernels) names += (names.empty() ? "" : ", ") + kernels_[i]->id();
      problems_.report({.severity = Severity::warning,
                        .code = "dkms-module-excluded",
                        .message = fmt::format("the module {} is left out: {}", name, reason),
                        .where = files_.place_of("BUILT_MODULE_NAME", name),
                        .notes = {"for " + names},
                        .hint = {}});
    }
  }

  void add_module(const ModuleKey& key, const KernelSet& kernels) {
    for (const std::string& name : {key.name, key.file}) {
      if (is_module_name_text(name)) continue;
      error("module-name-invalid", fmt::format("the dkms.conf names a module {}, which cannot be a module name", shown(name)),
            files_.place_of(name == key.name ? "BUILT_MODULE_NAME" : "DEST_MODULE_NAME", name),
            "use letters, digits, '_' and '-'");
      return;
    }
    if (key.directory != "." && !is_safe_relative(key.directory)) {
      error("path-unsafe",
            fmt::format("BUILT_MODULE_LOCATION is {}, which does not stay below the source", shown(key.directory.string())),
            files_.place_of("BUILT_MODULE_LOCATION", key.directory.string()), "name a directory of the source");
      return;
    }
    ModuleSpec module{.name = ModuleName(key.name),
                      .directory = key.directory,
                      .uses = {},
                      .when = when(kernels),
                      .where = files_.place_of("BUILT_MODULE_NAME", key.name)};
    if (key.file != key.name) module.file = ModuleName(key.file);
    module.strip = key.strip;
    manifest_.modules.push_back(std::move(module));
  }

  void patches() {
    Union<fs::path> patches(Repeats::kept);
    for (const std::size_t i : built_) patches.add(i, conf(i).patches);
    for (const auto& [patch, kernels] : patches.entries()) {
      const auto file = files_.patch_file(patch);
      if (file)
        manifest_.patches.push_back({.file = *file,
                                     .strip = 1,
                                     .fuzz = kFuzzOfDkms,
                                     .when = when(kernels),
                                     .where = files_.place_of("PATCH", patch.string())});
    }
  }

  void make() {
    Union<std::string> before(Repeats::none);
    Union<std::string> commands(Repeats::none);
    Union<std::string> after(Repeats::none);
    for (const std::size_t i : built_) {
      if (!conf(i).pre_build.empty()) before.add(i, {files_.script_call("PRE_BUILD", conf(i).pre_build)});
      if (!plain_kbuild_directory(conf(i), manifest_.source.directory)) commands.add(i, {conf(i).make});
      if (!conf(i).post_build.empty()) after.add(i, {files_.script_call("POST_BUILD", conf(i).post_build)});
    }
    add_commands("PRE_BUILD", before, manifest_.make.before);
    add_commands("MAKE", commands, manifest_.make.commands);
    add_commands("POST_BUILD", after, manifest_.make.after);
  }

  void add_commands(std::string_view directive, const Union<std::string>& from, std::vector<BuildCommand>& to) const {
    for (const auto& [text, kernels] : from.entries())
      to.push_back({.text = text, .when = when(kernels), .where = files_.place_of(directive, text)});
  }

  void build_depends() {
    for (const std::size_t i : built_) {
      for (const std::string& name : conf(i).build_depends) {
        const std::string usable = without_dkms(is_package_name_text(name) ? name : as_package_name(name));
        if (!is_package_name_text(usable)) {
          error("package-name-invalid", fmt::format("BUILD_DEPENDS names {}, which cannot be a package name", shown(name)),
                files_.place_of("BUILD_DEPENDS", name), "name the PACKAGE_NAME of the other dkms.conf");
          continue;
        }
        if (std::ranges::find(manifest_.build_depends, PackageName(usable)) == manifest_.build_depends.end())
          manifest_.build_depends.emplace_back(usable);
      }
    }
  }

  Manifest manifest_;
  std::span<const DkmsAnswer> answers_;
  Diagnostics& problems_;
  DkmsFiles files_;
  std::vector<std::shared_ptr<const Kernel>> kernels_;
  KernelSet built_;
};

}  // namespace

std::optional<Manifest> merged_dkms(const Manifest& identity, std::span<const DkmsAnswer> answers, Diagnostics& problems) {
  return Merge(identity, answers, problems).run();
}

}  // namespace kmpack

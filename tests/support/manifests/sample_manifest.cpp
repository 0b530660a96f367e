#include "support/manifests/sample_manifest.hpp"

#include <fmt/format.h>

#include <random>
#include <utility>
#include <vector>

namespace kmpack::test {
namespace {

namespace fs = std::filesystem;
const fs::path kBase = "/project";

/// Makes values of each kind, with what is awkward in XML among them.
class Maker {
 public:
  explicit Maker(std::uint32_t seed) : random_(seed) {}

  std::size_t number(std::size_t below) { return std::uniform_int_distribution<std::size_t>(0, below - 1)(random_); }
  bool coin() { return number(2) == 0; }

  std::string some(std::string_view alphabet, std::size_t most) {
    std::string text;
    for (std::size_t left = 1 + number(most); left > 0; --left) text += alphabet[number(alphabet.size())];
    return text;
  }
  std::string word() { return some("abcxyz019", 8); }
  /// One line with the characters XML escapes, with characters of several bytes, without blanks at either end.
  std::string line() {
    static const std::vector<std::string> kPieces = {"a",     "Z",  "9", "&",  "<", ">", "\"",    "'",    "]]>",
                                                     "&amp;", "--", "ä", "漢", "😀", "%", "{{x}}", "$(x)", "\\"};
    std::string text = word();
    for (std::size_t left = number(12); left > 0; --left) text += (coin() ? " " : "") + kPieces[number(kPieces.size())];
    return text;
  }
  std::string version() { return fmt::format("{}.{}", number(9), some("0123456789+~.abc", 5)); }
  std::string module() { return some("abcdefgh_-", 6) + std::to_string(++serial_); }
  fs::path path() { return fs::path(word()) / (word() + " " + word() + ".x" + std::to_string(++serial_)); }
  KernelRange range() {
    KernelRange range;
    if (coin()) range.min = fmt::format("{}.{}", 2 + number(4), number(20));
    if (coin()) range.max = fmt::format("{}.{}", 6 + number(3), number(20));
    return range;
  }
  KernelCondition condition();
  std::string script() {
    std::string text = line();
    for (std::size_t left = number(4); left > 0; --left) text += coin() ? "\n\n" + line() : "\n  " + line();
    return text;
  }
  template <class Make>
  auto list(std::size_t most, Make make) {
    std::vector<decltype(make())> items;
    for (std::size_t left = number(most + 1); left > 0; --left) items.push_back(make());
    return items;
  }

 private:
  std::mt19937 random_;
  int serial_ = 0;
};

FlavorPattern pattern(const std::string& text) {
  Diagnostics problems;
  return parse_flavor_pattern(text, {}, problems).value();
}

KernelCondition Maker::condition() {
  KernelCondition condition;
  if (coin()) return condition;
  int serial = 0;
  condition.flavors = list(3, [&] {
    return pattern(fmt::format("debian-{}/{}{}{}", ++serial, word(), coin() ? ".arm64" : "", coin() ? "@6.1" : ""));
  });
  condition.range = range();
  return condition;
}

BuildCommand command(Maker& make) { return {.text = make.script(), .when = make.condition(), .where = {}}; }

void fill_make(Manifest& manifest, Maker& make) {
  if (make.coin()) manifest.make.target = make.word();
  int serial = 0;
  manifest.make.variables =
      make.list(3, [&] { return MakeVariable{.name = fmt::format("VAR_{}", ++serial), .value = make.line()}; });
  manifest.make.before = make.list(2, [&] { return command(make); });
  manifest.make.commands = make.list(3, [&] { return command(make); });
  manifest.make.after = make.list(2, [&] { return command(make); });
  for (std::size_t left = make.number(3); left > 0; --left)
    manifest.build_depends.emplace_back(fmt::format("p{}{}", left, make.some("abc-+", 5)));
}

void fill_source(Manifest& manifest, Maker& make) {
  if (make.coin()) {
    manifest.source.directory = make.coin() ? kBase : kBase / make.path();
  } else {
    manifest.source.archive = kBase / make.path();
    manifest.source.sha256 = std::string(64, make.some("0123456789abcdef", 1).front());
  }
  if (make.coin()) manifest.source.subdirectory = make.path();
  manifest.patches = make.list(3, [&] {
    return PatchSpec{.file = kBase / make.path(),
                     .strip = static_cast<int>(make.number(33)),
                     .fuzz = static_cast<unsigned>(make.number(3)),
                     .when = make.condition(),
                     .where = {}};
  });
}

void fill_modules(Manifest& manifest, Maker& make) {
  for (std::size_t left = 1 + make.number(4); left > 0; --left) {
    ModuleSpec module{.name = ModuleName(make.module()), .directory = ".", .uses = {}, .where = {}};
    // Uses of earlier modules only, each in a directory of its own, cannot make a circle.
    if (make.coin()) module.directory = "dir" + std::to_string(left);
    if (!manifest.modules.empty() && make.coin() && module.directory != ".") module.uses.push_back(manifest.modules.back().name);
    if (make.coin()) module.file = ModuleName(make.module());
    if (make.coin()) module.strip = Strip::no;
    module.when = make.condition();
    manifest.modules.push_back(std::move(module));
  }
}

void fill_kernels(Manifest& manifest, Maker& make) {
  KernelsSpec& kernels = manifest.kernels;
  int serial = 0;
  kernels.range = {.min = make.coin() ? std::optional<std::string>("2.6.32") : std::nullopt, .max = {}};
  kernels.include = make.list(3, [&] {
    return WantedKernels{pattern(fmt::format("debian-{}/{}*@{}", ++serial, make.word(), make.coin() ? "*" : "6.1"))};
  });
  kernels.exclude = make.list(2, [&] {
    return ExcludedKernels{
        .pattern = pattern(make.coin() ? "*/*" : "a/b.arm64"), .kernels = make.range(), .reason = make.line(), .where = {}};
  });
  kernels.config = make.list(4, [&] {
    return ConfigRequirement{.option = fmt::format("CONFIG_{}", ++serial),
                             .need = static_cast<ConfigNeed>(make.number(4)),
                             .reason = make.coin() ? std::optional(make.line()) : std::nullopt,
                             .where = {}};
  });
}

void fill_install(Manifest& manifest, Maker& make) {
  InstallSpec& install = manifest.install;
  for (const ModuleSpec& module : manifest.modules) {
    const auto names = [&] { return make.list(2, [&] { return make.module(); }); };
    if (make.coin()) install.softdeps.push_back({.module = module.name, .pre = {make.module()}, .post = names()});
    if (make.coin()) install.options.push_back({.module = module.name, .text = make.line()});
    if (make.coin()) install.load_at_boot.push_back(module.name);
  }
  install.blacklist = make.list(2, [&] { return ModuleName(make.module()); });
  install.firmware = make.list(2, [&] { return FirmwareFile{.file = kBase / make.path(), .name = make.path()}; });
  install.licenses = make.list(2, [&] { return make.path(); });
  install.documents = make.list(2, [&] { return make.path(); });
  install.initramfs = make.coin() ? Initramfs::yes : Initramfs::no;
}

FormatExtras extras(Maker& make, std::string_view relation) {
  const auto relations = [&] {
    return make.list(2, [&] { return fmt::format(fmt::runtime(relation), make.word(), make.number(99)); });
  };
  FormatExtras extras{.needs = relations(), .provides = relations(), .conflicts = relations(), .scripts = {}};
  for (const ScriptPhase phase :
       {ScriptPhase::pre_install, ScriptPhase::post_install, ScriptPhase::pre_remove, ScriptPhase::post_remove}) {
    if (make.coin()) extras.scripts.push_back({.phase = phase, .text = make.script(), .where = {}});
  }
  return extras;
}

std::string shown(const KernelRange& range) { return fmt::format("[{}..{}]", range.min.value_or("-"), range.max.value_or("-")); }

std::string shown(const FormatExtras& extras, std::string_view format) {
  std::string text;
  for (const std::string& item : extras.needs) text += fmt::format("{} needs: {}\n", format, item);
  for (const std::string& item : extras.provides) text += fmt::format("{} provides: {}\n", format, item);
  for (const std::string& item : extras.conflicts) text += fmt::format("{} conflicts: {}\n", format, item);
  for (const ScriptFragment& item : extras.scripts)
    text += fmt::format("{} script {}: {}|\n", format, static_cast<int>(item.phase), item.text);
  return text;
}

std::string shown(const FlavorPattern& p) {
  return fmt::format("{} ({} {} {} {})", p.text, p.distribution, p.flavor, p.arch.value_or("-"), p.release.value_or("-"));
}

std::string shown(const KernelCondition& when) {
  std::string text;
  for (const FlavorPattern& flavor : when.flavors) text += shown(flavor) + " ";
  return text + shown(when.range);
}

std::string shown(const std::vector<BuildCommand>& commands, std::string_view name) {
  std::string text;
  for (const BuildCommand& command : commands) text += fmt::format("{} for {}: {}|\n", name, shown(command.when), command.text);
  return text;
}

std::string shown(const InstallSpec& install) {
  std::string text = fmt::format("initramfs: {}\n", static_cast<int>(install.initramfs));
  for (const Softdep& item : install.softdeps) {
    text += fmt::format("softdep: {} pre", item.module.str());
    for (const std::string& name : item.pre) text += " " + name;
    text += " post";
    for (const std::string& name : item.post) text += " " + name;
    text += '\n';
  }
  for (const ModuleOptions& item : install.options) text += fmt::format("options: {} {}|\n", item.module.str(), item.text);
  for (const ModuleName& item : install.blacklist) text += fmt::format("blacklist: {}\n", item.str());
  for (const ModuleName& item : install.load_at_boot) text += fmt::format("load: {}\n", item.str());
  for (const FirmwareFile& item : install.firmware)
    text += fmt::format("firmware: {} as {}\n", item.file.string(), item.name.string());
  for (const fs::path& item : install.licenses) text += fmt::format("license file: {}\n", item.string());
  for (const fs::path& item : install.documents) text += fmt::format("doc: {}\n", item.string());
  return text;
}

}  // namespace

Manifest random_manifest(std::uint32_t seed) {
  Maker make(seed);
  Manifest manifest;
  manifest.file = kBase / "kmpack.xml";
  manifest.name = PackageName("p" + make.some("abc019+-.", 20));
  manifest.version = make.version();
  manifest.release = make.some("abc019", 3);
  manifest.summary = make.line();
  if (make.coin())
    manifest.description = make.line() + "\n\n" + make.line() +
                           " and so on and on, until a line is longer than any page is wide: " + make.line() + " " + make.line();
  manifest.license = make.coin() ? "GPL-2.0-only" : "(MIT OR GPL-2.0-or-later) AND BSD-3-Clause";
  if (make.coin()) manifest.url = "https://example.org/?a=1&b=" + make.word();
  if (make.coin()) manifest.vendor = make.line();
  manifest.maintainer = {.name = "Ö. " + make.word() + " & Co", .mail = make.word() + "@example.org"};
  fill_source(manifest, make);
  fill_make(manifest, make);
  fill_modules(manifest, make);
  fill_kernels(manifest, make);
  fill_install(manifest, make);
  manifest.rpm = extras(make, "{} >= {}");
  manifest.deb = extras(make, "{}00 (>= 1{}) | other");
  if (make.coin()) manifest.rpm_policy.pin = static_cast<KernelPin>(make.number(3));
  if (make.coin()) manifest.rpm_policy.multiversion = Multiversion::no;
  return manifest;
}

Manifest full_manifest() {
  Manifest manifest;
  manifest.file = kBase / "kmpack.xml";
  manifest.name = PackageName("full");
  manifest.version = "1.2~rc1";
  manifest.release = "3";
  manifest.summary = "Something of everything";
  manifest.description = "The first paragraph.\n\nThe second one.";
  manifest.license = "MIT OR GPL-2.0-only";
  manifest.url = "https://example.org/full";
  manifest.vendor = "Example Devices";
  manifest.maintainer = {.name = "Kernel Module Maintainers", .mail = "modules@example.org"};
  manifest.source.archive = kBase / "full-1.2.tar.xz";
  manifest.source.sha256 = std::string(64, 'a');
  manifest.source.subdirectory = "full-1.2/driver";
  manifest.patches = {{.file = kBase / "patches/new-api.patch",
                       .strip = 0,
                       .fuzz = 2,
                       .when = {.flavors = {pattern("debian-12/*@6.12")}, .range = {.min = "6.8", .max = "6.12"}},
                       .where = {}}};
  manifest.make.target = "all_modules";
  manifest.make.variables = {{.name = "WITH_DEBUG", .value = "y n"}};
  manifest.make.before = {{.text = "./prepare.sh", .when = {}, .where = {}}};
  manifest.make.commands = {{.text = "make -C \"${kernel_source_dir}\" M=\"${build_dir}\" && true",
                             .when = {.flavors = {pattern("debian-12/rt-amd64"), pattern("debian-13/*")}, .range = {}},
                             .where = {}},
                            {.text = "cd sub\n\nif true; then\n  make KVER=${kernelver} 2>&1\nfi",
                             .when = {.flavors = {}, .range = {.min = {}, .max = "6.1"}},
                             .where = {}}};
  manifest.make.after = {{.text = "mv sub/full_core.ko core", .when = {}, .where = {}}};
  manifest.modules = {{.name = ModuleName("full_core"), .directory = "core", .uses = {}, .where = {}},
                      {.name = ModuleName("full-usb"), .directory = "usb", .uses = {ModuleName("full_core")}, .where = {}}};
  manifest.modules.back().file = ModuleName("full_usb2");
  manifest.modules.back().strip = Strip::no;
  manifest.modules.back().when = {.flavors = {pattern("debian-12/amd64@6.1"), pattern("debian-12/rt-*.arm64")},
                                  .range = {.min = "5.10", .max = {}}};
  manifest.build_depends = {PackageName("base-driver"), PackageName("other")};
  manifest.kernels.include = {{pattern("debian-12/*amd64")}, {pattern("debian-13/amd64@6.12")}};
  manifest.kernels.exclude = {
      {.pattern = pattern("debian-12/rt-*"), .kernels = {.min = "6.2", .max = {}}, .reason = "no real time", .where = {}}};
  manifest.kernels.config = {{.option = "CONFIG_USB", .need = ConfigNeed::module, .reason = "it is a USB driver", .where = {}}};
  manifest.kernels.range = {.min = "5.10", .max = "6.12"};
  manifest.install.softdeps = {{.module = ModuleName("full_core"), .pre = {"crc16", "crc8"}, .post = {"full_usb"}}};
  manifest.install.options = {{.module = ModuleName("full_core"), .text = "debug=1 name=\"a b\""}};
  manifest.install.blacklist = {ModuleName("rival")};
  manifest.install.load_at_boot = {ModuleName("full-usb")};
  manifest.install.firmware = {{.file = kBase / "firmware/full.bin", .name = "example/full.bin"}};
  manifest.install.licenses = {"COPYING"};
  manifest.install.documents = {"README", "doc/usage.txt"};
  manifest.install.initramfs = Initramfs::yes;
  manifest.rpm = {.needs = {"kmod >= 30"},
                  .provides = {"full = 1"},
                  .conflicts = {"rival"},
                  .scripts = {{.phase = ScriptPhase::post_install, .text = "if true; then\n  echo\n\nfi", .where = {}}}};
  manifest.rpm_policy = {.pin = KernelPin::rich, .multiversion = Multiversion::no};
  manifest.deb = {.needs = {"kmod (>= 30) | module-init-tools"},
                  .provides = {"full"},
                  .conflicts = {"rival-dkms"},
                  .scripts = {{.phase = ScriptPhase::pre_remove, .text = "rm -f /run/full && true", .where = {}}}};
  return manifest;
}

std::string all_fields(const Manifest& m) {
  std::string text = fmt::format(
      "file: {}\nname: {}\nversion: {}-{}\nsummary: {}|\ndescription: {}|\nlicense: {}\nurl: {}\nvendor: {}|\nmaintainer: {} "
      "<{}>\n",
      m.file.string(), m.name.str(), m.version, m.release, m.summary, m.description, m.license, m.url, m.vendor,
      m.maintainer.name, m.maintainer.mail);
  text += fmt::format("source: {} {} {} in {}\n", m.source.directory.string(), m.source.archive.string(), m.source.sha256,
                      m.source.subdirectory.string());
  for (const PatchSpec& patch : m.patches)
    text += fmt::format("patch: {} -p{} --fuzz={} {}\n", patch.file.string(), patch.strip, patch.fuzz, shown(patch.when));
  text += fmt::format("make: {}\n", m.make.target);
  for (const MakeVariable& variable : m.make.variables) text += fmt::format("variable: {}={}|\n", variable.name, variable.value);
  text += shown(m.make.before, "before") + shown(m.make.commands, "command") + shown(m.make.after, "after");
  for (const ModuleSpec& module : m.modules) {
    text += fmt::format("module: {} in {} uses", module.name.str(), module.directory.string());
    for (const ModuleName& used : module.uses) text += " " + used.str();
    text += fmt::format(" as {} strip {} for {}\n", module.file ? module.file->str() : "-", static_cast<int>(module.strip),
                        shown(module.when));
  }
  for (const PackageName& package : m.build_depends) text += fmt::format("build-depends: {}\n", package.str());
  text += fmt::format("kernels: {}\n", shown(m.kernels.range));
  for (const WantedKernels& wanted : m.kernels.include) text += fmt::format("include: {}\n", shown(wanted.pattern));
  for (const ExcludedKernels& item : m.kernels.exclude)
    text += fmt::format("exclude: {} {} {}|\n", shown(item.pattern), shown(item.kernels), item.reason);
  for (const ConfigRequirement& item : m.kernels.config)
    text += fmt::format("config: {} {} {}|\n", item.option, static_cast<int>(item.need), item.reason.value_or("-"));
  text += fmt::format("rpm policy: {} {}\n", m.rpm_policy.pin ? static_cast<int>(*m.rpm_policy.pin) : -1,
                      static_cast<int>(m.rpm_policy.multiversion));
  return text + shown(m.install) + shown(m.rpm, "rpm") + shown(m.deb, "deb");
}

std::string minimal_manifest(const std::string& inside) {
  return R"(<package name="mini" version="1" license="GPL-2.0-only">
  <summary>Mini</summary>
  <maintainer name="M" mail="m@example.org"/>
  <modules><module name="mini"/></modules>
)" + inside +
         "</package>\n";
}

}  // namespace kmpack::test

#include "pipeline/inputs.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <set>

#include "sys/files.hpp"

namespace kmpack {
namespace {

struct Given {
  std::shared_ptr<Kernel> kernel = std::make_shared<Kernel>();
  Cell cell;
  HeaderTree headers;
  CellDigests digests{.manifest = {"s", "m"}, .compiler = "c", .certificate = ""};

  Given() {
    kernel->flavor = {"debian-12", "amd64", "amd64"};
    kernel->release = KernelRelease("6.1.0-1-amd64");
    kernel->rules.meta_suffix = "amd64";
    cell.manifest = std::make_shared<Manifest>();
    cell.kernel = kernel;
    headers.digest = "h";
  }
  std::string digest() { return cell_inputs(cell, headers, digests); }
};

TEST(CellInputs, DifferWithEverythingThatDecidesThePackages) {
  static constexpr Format kBoth[] = {Format::rpm, Format::deb};
  std::set<std::string> seen{Given().digest()};
  const auto differs = [&seen](auto change) {
    Given given;
    change(given);
    return seen.insert(given.digest()).second;
  };
  EXPECT_TRUE(differs([](Given& g) { g.digests.manifest.manifest = "n"; }));
  EXPECT_TRUE(differs([](Given& g) { g.digests.manifest.sources = "t"; }));
  EXPECT_TRUE(differs([](Given& g) { g.digests.compiler = "d"; }));
  EXPECT_TRUE(differs([](Given& g) { g.digests.certificate = "e"; }));
  EXPECT_TRUE(differs([](Given& g) { g.digests.package_key = "f"; }));
  EXPECT_TRUE(differs([](Given& g) { g.digests.formats = kBoth; }));
  EXPECT_TRUE(differs([](Given& g) { g.headers.digest = "i"; }));
  EXPECT_TRUE(differs([](Given& g) { g.headers.epoch = 1; }));
  EXPECT_TRUE(differs([](Given& g) { g.cell.newest_of_series = true; }));
  EXPECT_TRUE(differs([](Given& g) { g.kernel->package_version = "2"; }));
  EXPECT_TRUE(differs([](Given& g) { g.kernel->rules.directory = "extra/{name}"; }));
  EXPECT_TRUE(differs([](Given& g) { g.kernel->rules.image_packages = {"linux-image-{release}"}; }));
}

/// A package of one file with its manifest beside it.
struct Sources {
  TempDir dir;
  Manifest manifest;

  Sources() {
    manifest.file = dir.path() / "kmpack.xml";
    manifest.name = PackageName("drv");
    manifest.version = "1";
    manifest.source.directory = dir.path();
    write_file(manifest.file, "<package/>");
    write_file(dir.path() / "drv.c", "int drv;");
  }
};

TEST(ManifestInputs, TellSourcesFromTheManifestThatLiesAmongThem) {
  const Sources given;
  const ManifestDigests before = manifest_inputs(given.manifest, {});
  write_file(given.manifest.file, "<package name='drv'/>");
  const ManifestDigests after = manifest_inputs(given.manifest, {});
  EXPECT_EQ(after.sources, before.sources);
  EXPECT_NE(after.manifest, before.manifest);
  write_file(given.dir.path() / "drv.c", "int drv2;");
  EXPECT_NE(manifest_inputs(given.manifest, {}).sources, before.sources);
  EXPECT_EQ(manifest_inputs(given.manifest, {}).manifest, after.manifest);
}

TEST(MachineDigest, DiffersWithWhatMakefilesReadOfTheDistribution) {
  const TempDir root;
  const std::string none = machine_digest(root.path());
  write_file(root.path() / "etc/os-release", "ID=debian\n");
  const std::string debian = machine_digest(root.path());
  EXPECT_NE(debian, none);
  write_file(root.path() / "etc/redhat-release", "release 9.4\n");
  EXPECT_NE(machine_digest(root.path()), debian);
}

TEST(ManifestInputs, DifferWithHowTheSourcesAreMadeIntoModules) {
  const Sources given;
  const ManifestDigests before = manifest_inputs(given.manifest, {});
  const auto differs = [&](auto change) {
    Manifest manifest = given.manifest;
    change(manifest);
    return manifest_inputs(manifest, {}).manifest != before.manifest;
  };
  EXPECT_TRUE(differs([](Manifest& m) { m.version = "2"; }));
  EXPECT_TRUE(differs([](Manifest& m) { m.make.target = "all"; }));
  EXPECT_TRUE(differs([](Manifest& m) { m.make.variables.push_back({.name = "DEBUG", .value = "1"}); }));
}

TEST(ManifestInputs, OfADkmsConfDifferWithWhatItWasEvaluatedTo) {
  const TempDir dir;
  Manifest manifest;
  manifest.file = dir.path() / "dkms.conf";
  write_file(manifest.file, "PACKAGE_NAME=drv\n");
  manifest.source.directory = dir.path();
  manifest.name = PackageName("drv");
  manifest.dkms = DkmsOrigin{.conf = manifest.file, .name = "drv", .version = "1"};
  const auto digest = [&] { return manifest_inputs(manifest, {}).manifest; };
  const std::string before = digest();
  EXPECT_EQ(digest(), before);
  // As after a change in an override file, which is no part of the source.
  manifest.modules.push_back({.name = ModuleName("drv"), .directory = ".", .uses = {}, .where = {}});
  const std::string with_module = digest();
  EXPECT_NE(with_module, before);
  manifest.modules.front().file = ModuleName("drv_new");
  EXPECT_NE(digest(), with_module);
}

/// What a needed package is to one that needs it.
struct Dependency {
  TempDir dir;
  std::shared_ptr<Manifest> manifest = std::make_shared<Manifest>();
  BuiltDependency built;

  Dependency() {
    manifest->name = PackageName("lib");
    manifest->version = "1";
    built.cell.manifest = manifest;
    built.symvers = dir.path() / "Module.symvers";
    write_file(built.symvers, "0x00000009\tgive\tgiver\tEXPORT_SYMBOL\t\n");
    built.modules.emplace_back();
    built.modules[0].exported = {{.name = "give", .crc = 9, .symbol_namespace = {}}};
  }
  [[nodiscard]] std::string digest() const {
    Given given;
    given.digests.dependencies = std::span(&built, 1);
    return given.digest();
  }
};

TEST(CellInputs, DifferWithTheSymbolsOfNeededPackagesAndNotWithTheirVersion) {
  const std::string before = Dependency().digest();
  EXPECT_NE(before, Given().digest());
  Dependency newer;
  newer.manifest->version = "2";
  EXPECT_EQ(newer.digest(), before) << "each release of a package would build all that need it again";
  std::set<std::string> seen{before};
  const auto differs = [&seen](auto change) {
    Dependency dependency;
    change(dependency);
    return seen.insert(dependency.digest()).second;
  };
  EXPECT_TRUE(differs([](Dependency& d) { write_file(d.built.symvers, "0x00000008\tgive\tgiver\tEXPORT_SYMBOL\t\n"); }));
  EXPECT_TRUE(differs([](Dependency& d) { d.built.modules[0].exported[0].crc = 8; }));
  EXPECT_TRUE(differs([](Dependency& d) { d.built.modules[0].exported.clear(); }));
  EXPECT_TRUE(differs([](Dependency& d) { d.manifest->name = PackageName("other"); }));
  EXPECT_TRUE(differs([](Dependency& d) { d.manifest->rpm_policy.pin = KernelPin::exact; }));
  EXPECT_TRUE(differs([](Dependency& d) { d.built.cell.newest_of_series = true; }));
}

TEST(CellInputs, DoNotDependOnANewerKernelWhereNoPackageFollowsTheNewest) {
  const auto differs = [](PackageFamily family, RpmStyle style) {
    Given older;
    older.kernel->rules.family = family;
    older.kernel->rules.rpm.style = style;
    const std::string before = older.digest();
    older.cell.newest_of_series = true;
    return older.digest() != before;
  };
  EXPECT_TRUE(differs(PackageFamily::deb, RpmStyle::plain));
  EXPECT_TRUE(differs(PackageFamily::rpm, RpmStyle::fedora));
  EXPECT_FALSE(differs(PackageFamily::rpm, RpmStyle::kmod));
  EXPECT_FALSE(differs(PackageFamily::rpm, RpmStyle::kmp));
}

TEST(ChangesBetween, NamesAllThatChangedAndWhatTellsMostFirst) {
  const auto parts = [](Given& given) { return cell_parts(given.cell, given.headers, given.digests); };
  Given was;
  const auto change = [&](auto make) {
    Given is;
    make(is);
    return changes_between(parts(was), parts(is));
  };
  EXPECT_EQ(change([](Given&) {}), "");
  EXPECT_EQ(change([](Given& g) { g.digests.manifest.sources = "t"; }), "source changed");
  EXPECT_EQ(change([](Given& g) { g.digests.manifest.manifest = "n"; }), "manifest changed");
  EXPECT_EQ(change([](Given& g) { g.headers.digest = "i"; }), "the kernel's headers changed");
  EXPECT_EQ(change([](Given& g) { g.digests.compiler = "d"; }), "compiler changed");
  EXPECT_EQ(change([](Given& g) { g.digests.certificate = "e"; }), "signing certificate changed");
  EXPECT_EQ(change([](Given& g) { g.digests.package_key = "e"; }), "key that signs packages changed");
  EXPECT_EQ(change([](Given& g) { g.kernel->rules.directory = "extra/{name}"; }), "the catalogue's rules for packages changed");
  EXPECT_EQ(change([](Given& g) { g.cell.newest_of_series = true; }), "another kernel is the newest of its series");
  // For rpm nothing follows the newest kernel here: a consequence, and no second reason.
  const std::vector<Format> rpm{Format::rpm};
  was.cell.newest_of_series = true;
  EXPECT_EQ(change([&](Given& g) {
              g.cell.newest_of_series = true;
              g.digests.formats = rpm;
            }),
            "package formats changed");
  was.cell.newest_of_series = false;
  EXPECT_EQ(change([](Given& g) {
              g.digests.certificate = "e";
              g.digests.compiler = "d";
              g.digests.manifest.sources = "t";
            }),
            "source changed, compiler changed, signing certificate changed");
}

TEST(ChangesBetween, SaysThatAnotherKmpackBuiltIt) {
  Given given;
  const InputParts now = cell_parts(given.cell, given.headers, given.digests);
  InputParts before = now;
  before[InputPart::package_format] = "0";
  EXPECT_EQ(changes_between(before, now), "built by another kmpack");
  before.erase(InputPart::compiler);
  EXPECT_EQ(changes_between(before, now), "compiler changed, built by another kmpack");
}

TEST(CellInputs, DoNotDependOnWhereThingsLie) {
  Given here;
  Given there;
  there.headers.tree = "/elsewhere";
  there.headers.symvers = "/elsewhere/Module.symvers";
  there.kernel->tree = "/elsewhere";
  EXPECT_EQ(here.digest(), there.digest());
}

}  // namespace
}  // namespace kmpack

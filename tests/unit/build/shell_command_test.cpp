#include "build/shell_command.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "kmpack/diagnostic.hpp"
#include "sys/files.hpp"

namespace fs = std::filesystem;

namespace kmpack {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

TEST(CommandText, HasTheCellPutInWhereverItIsNamed) {
  CommandPlaces places;
  places.kernelver = "6.1.0-9-amd64";
  places.kernel_source_dir = "/k";
  places.build_dir = "/b";
  places.dkms_tree = "/d";
  places.source_tree = "/s";
  EXPECT_EQ(command_text("rm -rf '${dkms_tree}' ${source_tree}/x $dkms_tree", places), "rm -rf '/d' /s/x $dkms_tree");
  EXPECT_EQ(
      command_text("make -C ${kernel_source_dir} M=${build_dir}/x 'V=${kernelver}' $kernelver ${other} ${kernelver}", places),
      "make -C /k M=/b/x 'V=6.1.0-9-amd64' $kernelver ${other} 6.1.0-9-amd64");
}

class ShellCommand : public testing::Test {
 protected:
  ShellCommand() {
    manifest_->file = "kmpack.xml";
    manifest_->name = PackageName{"hello"};
    manifest_->version = "1.2";
    kernel_->flavor = {"debian-12", "amd64", "amd64"};
    kernel_->release = KernelRelease{"6.1.0-9-amd64"};
    cell_.manifest = manifest_;
    cell_.kernel = kernel_;
    headers_.tree = temp_.path() / "store/usr/src/linux-headers-9";
    headers_.makefile = temp_.path() / "store/usr/src/linux-headers-common/Makefile";
    headers_.root = temp_.path() / "store";
    headers_.epoch = 1700000000;
    make_directories(headers_.tree / "include/config");
    make_directories(headers_.makefile.parent_path());
    write_file(headers_.tree / "Makefile", "include /usr/src/linux-headers-common/Makefile\n");
    write_file(headers_.tree / ".config", "");
    write_file(headers_.tree / "include/config/auto.conf", "");
    make_directories(temp_.path() / "try");
  }
  /// Everything up to the command, as a build has it.
  void prepare() {
    tree_ = private_tree(*manifest_, temp_.path() / "try");
    make_directories(tree_.copy);
    const fs::path& part = manifest_->source.subdirectory;
    places_ = furnish(tree_, part.empty() ? tree_.copy : tree_.copy / part, cell_, headers_);
  }
  Command command(const std::string& text = "make") { return shell_command(call(), text); }
  ShellCall call() { return {cell_, headers_, tree_, places_, symbols_, compiler_}; }
  fs::path in(const std::string& place) { return temp_.path() / "try" / place; }

  TempDir temp_;
  std::shared_ptr<Manifest> manifest_ = std::make_shared<Manifest>();
  std::shared_ptr<Kernel> kernel_ = std::make_shared<Kernel>();
  Cell cell_;
  HeaderTree headers_;
  PrivateTree tree_;
  CommandPlaces places_;
  std::vector<fs::path> symbols_;
  std::string compiler_;
};

TEST_F(ShellCommand, TellsOthersThanKbuildTheKernelsCompiler) {
  headers_.config.options["CONFIG_LD_IS_LLD"] = "y";
  prepare();
  ShellCall of = call();
  of.compiler_name = "clang-16";
  const Command made = shell_command(of, "./configure");
  for (const auto& [name, value] :
       {std::pair{"CC", "clang-16"}, {"KERNEL_CC", "clang-16"}, {"LD", "ld.lld"}, {"KERNEL_LD", "ld.lld"}})
    EXPECT_THAT(made.environment, Contains(testing::Pair(name, value)));
  EXPECT_THAT(command().environment, Not(Contains(testing::Key("CC")))) << "where only the build knows it";
}

TEST_F(ShellCommand, RunsInTheSourceWithDkmsVariablesAndNothingOfTheHosts) {
  prepare();
  const Command made = command("make M=${build_dir}");
  EXPECT_EQ(made.program, "bash");
  EXPECT_THAT(made.args, ElementsAre("-O", "extglob", "-c", "make M=" + in("hello/1.2/build").string()));
  EXPECT_EQ(made.directory, in("hello/1.2/build"));
  const std::map<std::string, std::string> expected{
      {"kernelver", "6.1.0-9-amd64"},
      {"kernel_source_dir", in("lib/modules/6.1.0-9-amd64/build")},
      {"kernel_config", in("lib/modules/6.1.0-9-amd64/build/include/config/auto.conf")},
      {"arch", "x86_64"},
      {"build_dir", in("hello/1.2/build")},
      {"dkms_tree", in("").parent_path()},
      {"source_tree", in("").parent_path()},
      {"install_tree", in("lib/modules")},
      {"module", "hello"},
      {"module_version", "1.2"},
      {"PACKAGE_NAME", "hello"},
      {"PACKAGE_VERSION", "1.2"},
      {"KBUILD_BUILD_HOST", "kmpack"},
      {"SOURCE_DATE_EPOCH", "1700000000"}};
  for (const auto& [name, value] : expected) EXPECT_EQ(made.environment.at(name), value) << name;
  for (const char* other : {"MAKEFLAGS", "ARCH", "CROSS_COMPILE", "CC", "KBUILD_EXTRA_SYMBOLS", "KERNELRELEASE"})
    EXPECT_FALSE(made.environment.contains(other)) << other;
}

TEST_F(ShellCommand, GoesByTheNamesOfTheDkmsConf) {
  manifest_->dkms = DkmsOrigin{.conf = "dkms.conf", .name = "Hello_D", .version = "1.2-3", .semantics = DkmsSemantics::v3_0};
  prepare();
  const auto environment = command().environment;
  EXPECT_EQ(environment.at("module"), "Hello_D");
  EXPECT_EQ(environment.at("build_dir"), in("Hello_D/1.2-3/build"));
  EXPECT_EQ(environment.at("kernel_config"), in("lib/modules/6.1.0-9-amd64/build/.config")) << "as dkms 3.0 had it";
}

TEST_F(ShellCommand, MapsEveryNameOfTheSourceAndTheHeadersAway) {
  prepare();
  const std::string flags = command().environment.at("KCFLAGS");
  for (const std::string& path :
       {in("hello/1.2/build").string(), in("hello-1.2").string(), std::string("/var/lib/dkms/hello/1.2/build")})
    EXPECT_THAT(flags, HasSubstr("-ffile-prefix-map=" + path + "=/usr/src/hello-1.2"));
  for (const std::string& modules : {in("lib/modules").string(), std::string("/lib/modules"), std::string("/usr/lib/modules")})
    EXPECT_THAT(flags, HasSubstr("-ffile-prefix-map=" + modules + "/6.1.0-9-amd64/build=/usr/src/linux-headers-9"));
  EXPECT_EQ(command().environment.at("KAFLAGS"), flags);
}

TEST_F(ShellCommand, TellsEveryMakeOfTheManifestsVariablesAndOfTheCompiler) {
  compiler_ = "gcc-11";
  symbols_ = {"/a/Module.symvers"};
  manifest_->make.variables = {{"A", "b c$$d\\"}, {"KCFLAGS", "-DX"}};
  prepare();
  EXPECT_EQ(definitions_for_makes(call()), " -- CC=gcc-11 A=b\\ c$$$$d\\\\");
  EXPECT_THAT(command().environment.at("KCFLAGS"), testing::EndsWith(" -DX"));
  EXPECT_EQ(command().environment.at("KBUILD_EXTRA_SYMBOLS"), "/a/Module.symvers");
}

TEST_F(ShellCommand, SaysNothingToMakeWhereThereIsNothingToSay) {
  prepare();
  EXPECT_EQ(definitions_for_makes(call()), "");
}

TEST_F(ShellCommand, IsToldOfAForeignArchitecture) {
  kernel_->flavor.arch = "arm64";
  headers_.cross_prefix = "aarch64-linux-gnu-";
  prepare();
  const auto environment = command().environment;
  EXPECT_EQ(environment.at("ARCH"), "arm64");
  EXPECT_EQ(environment.at("CROSS_COMPILE"), "aarch64-linux-gnu-");
  EXPECT_EQ(environment.at("arch"), "aarch64");
}

TEST_F(ShellCommand, RefusesVariablesThatAreKmpacksOwn) {
  manifest_->make.variables = {{"SHELL", "/bin/evil"}};
  prepare();
  EXPECT_THROW(command(), Error);
}

TEST_F(ShellCommand, FindsTheLinksOfDkmsTree) {
  prepare();
  write_file(tree_.copy / "mark", "x");
  EXPECT_EQ(read_file(in("hello-1.2/mark")), "x");
  EXPECT_EQ(read_file(in("hello/1.2/source/mark")), "x");
  const fs::path kernel = in("lib/modules/6.1.0-9-amd64");
  EXPECT_EQ(read_file(kernel / "build/Makefile"), "include " + headers_.makefile.string() + "\n");
  EXPECT_EQ(fs::canonical(kernel / "build/include/config/auto.conf"), fs::canonical(headers_.tree / "include/config/auto.conf"));
  EXPECT_EQ(fs::canonical(kernel / "source"), fs::canonical(headers_.makefile.parent_path()));
}

TEST_F(ShellCommand, UsesATreeThatStandsByItselfWhereItLies) {
  headers_.makefile.clear();
  prepare();
  EXPECT_EQ(places_.kernel_source_dir, headers_.tree);
  EXPECT_EQ(fs::canonical(in("lib/modules/6.1.0-9-amd64/build")), fs::canonical(headers_.tree));
  EXPECT_THAT(command().environment.at("KCFLAGS"), Not(HasSubstr("/lib/modules/")));
}

TEST_F(ShellCommand, HasTheSourceRootForBuildWhereItIsPartOfAnArchive) {
  manifest_->source.subdirectory = "top/src";
  prepare();
  EXPECT_EQ(places_.build_dir, in("hello/1.2/unpacked/top/src"));
  EXPECT_EQ(fs::read_symlink(in("hello/1.2/build")), in("hello/1.2/unpacked/top/src"));
}

TEST_F(ShellCommand, MayWriteItsOwnTreeAndSeesWhatMakefilesWriteOut) {
  prepare();
  const Confinement confinement = confinement_of(tree_, tree_.copy, headers_);
  EXPECT_THAT(confinement.writable, ElementsAre(in("").parent_path()));
  EXPECT_THAT(confinement.readable, Contains(headers_.root));
  std::map<fs::path, fs::path> shown;
  for (const auto& [from, at] : confinement.shown) shown[at] = from;
  EXPECT_EQ(shown.at("/usr/src/hello-1.2"), tree_.copy);
  EXPECT_EQ(shown.at("/usr/src/linux-headers-9"), fs::canonical(headers_.tree));
  EXPECT_EQ(shown.at("/usr/src/linux-headers-common"), fs::canonical(headers_.makefile.parent_path()));
  EXPECT_EQ(shown.at("/lib/modules"), in("lib/modules"));
  EXPECT_EQ(shown.at("/var/lib/dkms"), in("").parent_path());
}

TEST_F(ShellCommand, RefusesNamesThatLeadAwayOrThatMakeWouldTakeApart) {
  for (const char* bad : {"..", ".", "", "a/b", "/a", "a b", "a:b", "a$b"}) {
    manifest_->dkms = DkmsOrigin{.conf = "dkms.conf", .name = "x", .version = bad};
    EXPECT_THROW(private_tree(*manifest_, temp_.path() / "try"), Error) << bad;
  }
}

}  // namespace
}  // namespace kmpack

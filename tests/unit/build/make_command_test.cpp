#include "build/make_command.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "kmpack/diagnostic.hpp"

namespace kmpack {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

class MakeCommand : public testing::Test {
 protected:
  MakeCommand() {
    manifest_->file = "kmpack.xml";
    manifest_->name = PackageName{"hello"};
    manifest_->version = "1.2";
    kernel_->flavor = {"debian-12", "amd64", "amd64"};
    kernel_->release = KernelRelease{"6.1.0-9-amd64"};
    cell_.manifest = manifest_;
    cell_.kernel = kernel_;
    headers_.tree = "/store/usr/src/linux-headers-9";
    headers_.makefile = "/store/usr/src/linux-headers-common/Makefile";
    headers_.root = "/store";
    headers_.epoch = 1700000000;
  }
  Command command() { return make_command({cell_, headers_, "/ws/source", "/ws/source/sub", symbols_, compiler_}); }

  std::shared_ptr<Manifest> manifest_ = std::make_shared<Manifest>();
  std::shared_ptr<Kernel> kernel_ = std::make_shared<Kernel>();
  Cell cell_;
  HeaderTree headers_;
  std::vector<std::filesystem::path> symbols_;
  std::string compiler_;
};

TEST_F(MakeCommand, CallsTheTreesKbuildWithNothingOfTheHostsEnvironment) {
  EXPECT_THAT(command().args, ElementsAre("-f", "/store/usr/src/linux-headers-common/Makefile", "-C",
                                          "/store/usr/src/linux-headers-9", "M=/ws/source/sub",
                                          "KCFLAGS=-ffile-prefix-map=/ws/source=/usr/src/hello-1.2 -fdebug-prefix-map=/store= "
                                          "-fmacro-prefix-map=/store= -fmacro-prefix-map=/store/usr/src/linux-headers-common/=",
                                          "KAFLAGS=-ffile-prefix-map=/ws/source=/usr/src/hello-1.2 -fdebug-prefix-map=/store= "
                                          "-fmacro-prefix-map=/store= -fmacro-prefix-map=/store/usr/src/linux-headers-common/=",
                                          "modules"));
  const auto environment = command().environment;
  EXPECT_EQ(environment.at("SOURCE_DATE_EPOCH"), "1700000000");
  EXPECT_EQ(environment.at("KBUILD_BUILD_TIMESTAMP"), "@1700000000");
  EXPECT_EQ(environment.at("KBUILD_BUILD_HOST"), "kmpack");
  EXPECT_EQ(environment.at("PWD"), "/ws/source/sub");
  EXPECT_FALSE(environment.contains("KBUILD_MODPOST_WARN"));
  EXPECT_FALSE(environment.contains("MAKEFLAGS"));
}

TEST_F(MakeCommand, DoesNotMapTheRootOfInstalledHeadersAway) {
  headers_.root = "/";
  headers_.makefile.clear();
  const Command made = command();
  EXPECT_EQ(made.args[0], "-C");
  EXPECT_THAT(made.args, Contains("KCFLAGS=-ffile-prefix-map=/ws/source=/usr/src/hello-1.2"));
}

TEST_F(MakeCommand, NamesTheCrossCompilerOfAForeignArchitecture) {
  kernel_->flavor.arch = "arm64";
  headers_.cross_prefix = "aarch64-linux-gnu-";
  EXPECT_THAT(command().args, Contains("ARCH=arm64"));
  EXPECT_THAT(command().args, Contains("CROSS_COMPILE=aarch64-linux-gnu-"));
}

TEST_F(MakeCommand, HandsSymbolsOnAndAddsToTheManifestsOwnVariables) {
  symbols_ = {"/ws/source/a/Module.symvers", "/ws/source/b/Module.symvers"};
  manifest_->make.variables = {{"KCFLAGS", "-DX"}, {"CONFIG_HELLO", "m"}, {"KBUILD_EXTRA_SYMBOLS", "/more"}};
  const auto args = command().args;
  EXPECT_THAT(args, Contains("KBUILD_EXTRA_SYMBOLS=/ws/source/a/Module.symvers /ws/source/b/Module.symvers /more"));
  EXPECT_THAT(args, Contains("CONFIG_HELLO=m"));
  EXPECT_THAT(args, Contains("KCFLAGS=-ffile-prefix-map=/ws/source=/usr/src/hello-1.2 -fdebug-prefix-map=/store= "
                             "-fmacro-prefix-map=/store= -fmacro-prefix-map=/store/usr/src/linux-headers-common/= -DX"));
  EXPECT_THAT(args, Not(Contains("KCFLAGS=-DX")));
}

TEST_F(MakeCommand, GivesACompilerThatTheTreeDoesNotName) {
  compiler_ = "gcc";
  EXPECT_THAT(command().args, Contains("CC=gcc"));
}

TEST_F(MakeCommand, RefusesVariablesThatAreKmpacksOwn) {
  manifest_->make.variables = {{"KBUILD_MODPOST_WARN", "1"}};
  try {
    command();
    FAIL() << "unresolved symbols would pass";
  } catch (const Error& error) {
    EXPECT_EQ(to_text(error.diagnostic()),
              "kmpack.xml: error: the manifest sets the make variable 'KBUILD_MODPOST_WARN', which kmpack sets itself "
              "[make-variable-reserved]\n  hint: take it out of the manifest");
  }
}

TEST(CheckBuildablePath, RefusesWhatMakeOrTheCompilerWouldTakeApart) {
  EXPECT_NO_THROW(check_buildable_path("/home/jörg/my-work_1.0+x~2@b/.kmpack"));
  for (const char* bad : {"/a b", "/a:b", "/a=b", "/a,b", "/a%b", "/a$b", "/a#b", "/a'b", "/a\tb", "/a\\b"}) {
    try {
      check_buildable_path(bad);
      FAIL() << bad;
    } catch (const Error& error) {
      EXPECT_EQ(error.diagnostic().code, "build-path-unusable");
      EXPECT_THAT(error.diagnostic().message, HasSubstr(bad));
    }
  }
}

}  // namespace
}  // namespace kmpack

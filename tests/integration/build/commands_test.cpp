#include <thread>

#include "commands_fixture.hpp"
#include "kmpack/failure.hpp"

namespace fs = std::filesystem;

namespace kmpack {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST_F(BuildCommands, MakeWhatPlainKbuildMakesByteForByte) {
  manifest_.modules.clear();
  add_module("warns", "warns");
  const BuildRecord plain = build("plain");
  run_instead("cd warns && make -C ${kernel_source_dir} M=$PWD modules");
  const BuildRecord by_command = build("deep/er/by-command");
  EXPECT_TRUE(bytes(plain) == bytes(by_command));
  EXPECT_EQ(read_file(plain.symvers), read_file(by_command.symvers));
}

TEST_F(BuildCommands, FindTheirCellInTheEnvironment) {
  manifest_.dkms = DkmsOrigin{.conf = "dkms.conf", .name = "Tiny_Driver", .version = "1.0-2", .semantics = {}, .overrides = {}};
  manifest_.make.variables = {{"CONFIG_TINY", "a $$b 'c' \\d"}, {"KCFLAGS", "-DTINY"}};
  write_file(temp_.path() / "given/show.mk", "$(info CONFIG_TINY is <$(CONFIG_TINY)>, from $(origin CONFIG_TINY))\nall:\n");
  manifest_.source.directory = temp_.path() / "given";
  copy_tree(fs::path(KMPACK_SOURCE_DIR) / "tests/support/modules/hello", temp_.path() / "given/hello");
  manifest_.make.before = {
      text("echo 'literal ${kernelver}'; env | sort; pwd; make -f show.mk; test -f $kernel_config && echo "
           "config there; . $kernel_source_dir/.config && echo hz $CONFIG_HZ; cat <&0 | wc -c")};
  run_instead(kKbuild);
  build();
  const std::string said = read_file(log());
  for (const std::string& line : std::vector<std::string>{
           "literal " + release(), "kernelver=" + release(), "arch=x86_64", "module=Tiny_Driver", "module_version=1.0-2",
           "PACKAGE_NAME=Tiny_Driver", "PACKAGE_VERSION=1.0-2", "KBUILD_BUILD_HOST=kmpack", "HOME=/nonexistent", "TZ=UTC",
           "CONFIG_TINY is <a $b 'c' \\d>, from command line", "config there", "hz 250"}) {
    EXPECT_THAT(said, HasSubstr("\n" + line + "\n"));
  }
  EXPECT_THAT(said, testing::ContainsRegex("\nKCFLAGS=-ffile-prefix-map=[^\n]* -DTINY\n"));
  EXPECT_THAT(said, testing::ContainsRegex("\nMAKEFLAGS=-j2 --jobserver-auth=[^\n]* -- CONFIG_TINY="));
  EXPECT_THAT(said, testing::ContainsRegex("\nbuild_dir=([^\n]*)/Tiny_Driver/1\\.0-2/build\n"));
  EXPECT_THAT(said, Not(HasSubstr("jobserver unavailable")));
}

TEST_F(BuildCommands, RunBeforeAndAfterPlainKbuildAndGoByTheirLastCommandAsInDkms) {
  manifest_.make.before = {text("test ! -e hello/hello.ko || exit 1; false; echo first >> order"), text("echo second >> order")};
  manifest_.make.after = {text("test -e hello/hello.ko && cat order && make -C ${kernel_source_dir} M=${build_dir}/hello clean")};
  const BuildRecord record = build();
  EXPECT_THAT(read_file(log()), HasSubstr("\nfirst\nsecond\n"));
  EXPECT_THAT(bytes(record), HasSubstr("vermagic=" + release())) << "taken before what runs last cleaned up";
}

TEST_F(BuildCommands, ThatFailSayHow) {
  manifest_.make.before = {text("exit 3")};
  EXPECT_THAT(failure(), HasSubstr("does not build for " + release() + ": <before> 'exit 3' ended with exit status 3"));
}

TEST_F(BuildCommands, ThatFailWithoutAWordAreSortedByHowTheyEnded) {
  const auto kind = [&](const std::string& command) {
    run_instead(command);
    try {
      build();
    } catch (const BuildFailure& failed) {
      return failed.failure().kind;
    }
    return FailureClass::excluded;
  };
  EXPECT_EQ(kind("exit 3"), FailureClass::other);
  EXPECT_EQ(kind("exit 127"), FailureClass::missing_tool);
  EXPECT_EQ(kind("kill -9 $$"), FailureClass::out_of_memory);
  settings_.limit = std::chrono::milliseconds(300);
  EXPECT_EQ(kind("sleep 100"), FailureClass::timeout);
}

TEST_F(BuildCommands, ThatFloodTheirLogAreEnded) {
  run_instead("yes");
  EXPECT_THAT(failure(), HasSubstr("tiny does not build for " + release() + ": its output is more than 64 MiB [build-failed]"));
  EXPECT_LE(fs::file_size(log()), std::uintmax_t{64} << 20);
}

TEST_F(BuildCommands, WhoseSourceBecomesALinkAreNotFollowed) {
  run_instead("cd / && rm -rf $build_dir && ln -s $kernel_source_dir $build_dir");
  EXPECT_THAT(failure(), HasSubstr("[build-source-gone]"));
}

TEST_F(BuildCommands, ThatRemoveTheirTreeReachNothingElse) {
  const fs::path beside = temp_.path() / "beside";
  write_file(beside, "mine");
  run_instead("rm -rf \"$dkms_tree\" \"$source_tree\" \"$kernel_source_dir\"/ \"$install_tree\"; true");
  EXPECT_THAT(failure(), testing::StartsWith("kmpack.xml: error: the build of tiny for " + release() +
                                             " removed the directory it was in [build-source-gone]"));
  EXPECT_EQ(read_file(beside), "mine");
  EXPECT_TRUE(fs::exists(manifest_.source.directory / "hello/hello.c"));
  EXPECT_TRUE(fs::exists(headers_.tree / "Module.symvers"));
  EXPECT_TRUE(fs::exists(headers_.tree / "include/config/auto.conf"));
  EXPECT_TRUE(fs::exists(log()));
}

TEST_F(BuildCommands, ThatPutALinkWhereAModuleIsBuiltLeadMakeNowhere) {
  const fs::path elsewhere = temp_.path() / "elsewhere";
  copy_tree(manifest_.source.directory / "hello", elsewhere);
  manifest_.make.before = {text("rm -rf hello && ln -s " + elsewhere.string() + " hello")};
  EXPECT_THAT(failure(),
              testing::StartsWith("kmpack.xml: error: the directory 'hello' of tiny has become a link that leads out of "
                                  "the source [build-leads-away]"));
  EXPECT_FALSE(fs::exists(elsewhere / "hello.o"));
  // The same a level higher, where it is the source root that is not what it was.
  copy_tree(manifest_.source.directory / "hello", elsewhere / "1/build/hello");
  manifest_.make.before = {text("cd / && rm -rf $dkms_tree/tiny && ln -s " + elsewhere.string() + " $dkms_tree/tiny")};
  EXPECT_THAT(failure(), HasSubstr("[build-source-gone]"));
  EXPECT_FALSE(fs::exists(elsewhere / "1/build/hello/hello.o"));
}

TEST_F(BuildCommands, AreNotTheOnlyOnesThatAreConfined) {
  needs_confinement();
  const fs::path beside = temp_.path() / "beside";
  const std::string evil = "$(shell echo evil > " + beside.string() + "; echo tried-$$(echo it) >&2)";
  // What a command wrote into the Makefile, and a dkms.conf's own Makefile, are run by kmpack's make.
  manifest_.make.before = {text("echo '" + evil + "' >> hello/Kbuild")};
  EXPECT_EQ(build().modules.size(), 1U);
  EXPECT_THAT(read_file(log()), HasSubstr("tried-it"));
  EXPECT_FALSE(fs::exists(beside));
  manifest_.make.before.clear();
  manifest_.source.directory = temp_.path() / "given";
  copy_tree(fs::path(KMPACK_SOURCE_DIR) / "tests/support/modules/hello", temp_.path() / "given/hello");
  write_file(temp_.path() / "given/hello/Kbuild", "obj-m += hello.o\n" + evil + "\n");
  manifest_.dkms = DkmsOrigin{.conf = "dkms.conf", .name = "tiny", .version = "1", .semantics = {}, .overrides = {}};
  EXPECT_EQ(build().modules.size(), 1U);
  EXPECT_THAT(read_file(log()), HasSubstr("tried-it"));
  EXPECT_FALSE(fs::exists(beside));
}

TEST_F(BuildCommands, ChangeNoByteOfPlainKbuildByBeingConfined) {
  const std::string plain = bytes(build("plain"));
  manifest_.dkms = DkmsOrigin{.conf = "dkms.conf", .name = "tiny", .version = "1", .semantics = {}, .overrides = {}};
  EXPECT_TRUE(plain == bytes(build("confined")));
  EXPECT_THAT(read_file(temp_.path() / "confined.log"), Not(HasSubstr("jobserver unavailable")));
}

TEST_F(BuildCommands, LetConfinedKbuildStandInItsDirectory) {
  manifest_.make.before = {
      text("echo 'ccflags-y += -include $(PWD)/given.h' >> hello/Kbuild; echo '#define GIVEN' > hello/given.h")};
  EXPECT_NO_THROW(build("cell"));
}

TEST_F(BuildCommands, LeaveNothingButFilesOfTheBuildAmongItsSymbols) {
  const fs::path secret = temp_.path() / "secret";
  write_file(secret, "0x00000000\tsecret\tvmlinux\tEXPORT_SYMBOL\t\n");
  manifest_.make.before = {text("ln -s " + secret.string() + " hello/Module.symvers")};
  failure();
  const fs::path symvers = temp_.path() / "cell/Module.symvers";
  EXPECT_TRUE(!fs::exists(symvers) || read_file(symvers).find("secret") == std::string::npos);
}

TEST_F(BuildCommands, CannotWriteOutside) {
  needs_confinement();
  const fs::path beside = temp_.path() / "beside";
  run_instead("echo evil > " + beside.string() + "; echo evil > " + (headers_.tree / "evil").string() + "; " + kKbuild);
  failure();
  EXPECT_FALSE(fs::exists(beside));
  EXPECT_FALSE(fs::exists(headers_.tree / "evil"));
}

TEST_F(BuildCommands, FindTheKernelAndTheSourceWhereMakefilesWriteThemOut) {
  needs_confinement();
  run_instead("make -C /lib/modules/" + release() +
              "/build M=/usr/src/tiny-1/hello modules && test /var/lib/dkms/tiny/1/build/hello"
              "/hello.ko -ef ${build_dir}/hello/hello.ko && test /lib/modules/" +
              release() +
              "/source/Makefile -ef "
              "/usr/src/linux-headers-6.1.0-*-common/Makefile");
  const std::string written_out = bytes(build());
  run_instead(kKbuild);
  EXPECT_TRUE(written_out == bytes(build()));
}

TEST_F(BuildCommands, SeeTheFifoOfANewerMakesJobSlots) {
  needs_confinement();
  jobserver_ = Jobserver::serve(2, MakeVersion{4, 4});
  run_instead("way=${MAKEFLAGS##*fifo:}; way=${way%% *}; test -p $way && exec 9<> $way && echo opened it");
  failure();
  EXPECT_THAT(read_file(log()), HasSubstr("\nopened it\n"));
}

TEST_F(BuildCommands, EndWithTheTimeLimitAndWithTheStop) {
  run_instead("echo started; sleep 100");
  settings_.limit = std::chrono::milliseconds(500);
  EXPECT_THAT(failure(), HasSubstr("<command> 'echo started; sleep 100' ended with time limit after 0 s"));
  settings_.limit.reset();
  std::stop_source stop;
  std::jthread stopper([&] {
    for (int i = 0; i < 1000; ++i) {
      if (fs::exists(log()) && read_file(log()).find("\nstarted") != std::string::npos) break;
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    stop.request_stop();
  });
  EXPECT_THROW(build("cell", stop.get_token()), Cancelled);
  EXPECT_EQ(jobserver_.free_slots(), 1U);
}

TEST_F(BuildCommands, OfAPackageWhoseNameLeadsAwayAreRefused) {
  manifest_.dkms = DkmsOrigin{.conf = "dkms.conf", .name = "../../evil", .version = "1", .semantics = {}, .overrides = {}};
  run_instead(kKbuild);
  EXPECT_EQ(failure(),
            "dkms.conf: error: '../../evil' cannot be the name of a directory to build in [build-path-unusable]\n"
            "  hint: give the package a name and a version without a slash");
}

}  // namespace
}  // namespace kmpack

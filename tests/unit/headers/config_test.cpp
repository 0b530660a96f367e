#include "headers/config.hpp"

#include <gtest/gtest.h>

#include "sys/files.hpp"

namespace kmpack {
namespace {

TEST(ParseKernelConfig, ReadsWhatDecidesAboutModules) {
  const KernelConfig config = parse_kernel_config(
      "#\n# Automatically generated file; DO NOT EDIT.\n#\nCONFIG_MODULES=y\nCONFIG_MODVERSIONS=y\nCONFIG_MODULE_SIG=y\n"
      "CONFIG_MODULE_SIG_HASH=\"sha512\"\nCONFIG_DEBUG_INFO_BTF_MODULES=y\nCONFIG_GCC_VERSION=120200\n"
      "CONFIG_CC_VERSION_TEXT=\"gcc-12 (Debian 12.2.0-14) 12.2.0\"\n# CONFIG_USB is not set\nCONFIG_X=m");
  EXPECT_TRUE(config.modules);
  EXPECT_TRUE(config.modversions);
  EXPECT_TRUE(config.module_sig);
  EXPECT_TRUE(config.btf_modules);
  EXPECT_EQ(config.sig_hash, "sha512");
  EXPECT_EQ(config.compiler_major, 12U);
  EXPECT_EQ(config.compiler_text, "gcc-12 (Debian 12.2.0-14) 12.2.0");
  EXPECT_FALSE(config.clang);
  EXPECT_EQ(config.options.count("CONFIG_USB"), 0U);
  EXPECT_EQ(config.options.at("CONFIG_X"), "m");
}

TEST(ParseKernelConfig, KeepsEachOptionOnceWhateverTheirOrderAndTakesTheLaterOfTwoLines) {
  const KernelConfig config = parse_kernel_config(
      "CONFIG_SND_SOC_INTEL_B=m\nCONFIG_Z=1\nCONFIG_SND_SOC_INTEL_A=y\nCONFIG_SND_SOC_INTEL=\"old\"\nCONFIG_A=y\n"
      "CONFIG_SND_SOC_INTEL=\"new\"\nCONFIG_Z=2\n");
  const std::map<std::string, std::string> expected = {{"CONFIG_A", "y"},
                                                       {"CONFIG_SND_SOC_INTEL", "new"},
                                                       {"CONFIG_SND_SOC_INTEL_A", "y"},
                                                       {"CONFIG_SND_SOC_INTEL_B", "m"},
                                                       {"CONFIG_Z", "2"}};
  EXPECT_EQ(config.options, expected);
}

TEST(ParseKernelConfig, KnowsHowTheKernelsOwnModulesAreCompressed) {
  EXPECT_EQ(parse_kernel_config("CONFIG_MODULE_COMPRESS_NONE=y\n").compression, Compression::none);
  EXPECT_EQ(parse_kernel_config("CONFIG_MODULE_COMPRESS_XZ=y\n").compression, Compression::xz);
  EXPECT_EQ(parse_kernel_config("CONFIG_MODULE_COMPRESS_ZSTD=y\n").compression, Compression::zstd);
  EXPECT_EQ(parse_kernel_config("CONFIG_MODULE_COMPRESS_GZIP=y\n").compression, Compression::gzip);
  // Since 6.12 a kernel may know a method and leave its own modules as they are.
  // The same option meant another thing to 5.12: EL 8 has it.
  const std::string old = "# Linux/x86_64 4.18.0-553.el8_10.x86_64 Kernel Configuration\n";
  EXPECT_EQ(parse_kernel_config(old + "CONFIG_MODULE_COMPRESS=y\nCONFIG_MODULE_COMPRESS_XZ=y\n").compression, Compression::xz);
  EXPECT_EQ(
      parse_kernel_config("# Linux/x86 6.12.1 Kernel Configuration\nCONFIG_MODULE_COMPRESS=y\nCONFIG_MODULE_COMPRESS_XZ=y\n")
          .compression,
      Compression::none);
  EXPECT_EQ(parse_kernel_config("CONFIG_MODULE_COMPRESS=y\nCONFIG_MODULE_COMPRESS_XZ=y\n").compression, Compression::none);
  EXPECT_EQ(
      parse_kernel_config("CONFIG_MODULE_COMPRESS=y\nCONFIG_MODULE_COMPRESS_XZ=y\nCONFIG_MODULE_COMPRESS_ALL=y\n").compression,
      Compression::xz);
}

TEST(ParseKernelConfig, KnowsAKernelThatClangBuilt) {
  const KernelConfig config = parse_kernel_config("CONFIG_CC_IS_CLANG=y\nCONFIG_CLANG_VERSION=190103\nCONFIG_GCC_VERSION=0\n");
  EXPECT_TRUE(config.clang);
  EXPECT_EQ(config.compiler_major, 19U);
}

TEST(ParseKernelConfig, LeavesOutOptionsThatNobodyAsksForButKnowsAllElse) {
  const std::string text =
      "# Linux/x86 5.10.0 Kernel Configuration\nCONFIG_MODULES=y\nCONFIG_MODVERSIONS=y\nCONFIG_MODULE_SIG=y\nCONFIG_SMP=y\n"
      "CONFIG_DEBUG_INFO_BTF_MODULES=y\nCONFIG_MODULE_SIG_HASH=\"sha512\"\nCONFIG_MODULE_COMPRESS=y\n"
      "CONFIG_CC_VERSION_TEXT=\"clang version 14\"\nCONFIG_CC_IS_CLANG=y\nCONFIG_CLANG_VERSION=140006\nCONFIG_UP=m\n";
  for (const char* compression : {"CONFIG_MODULE_COMPRESS_XZ=y", "CONFIG_MODULE_COMPRESS_GZIP=y", "CONFIG_MODULE_COMPRESS_ZSTD=y",
                                  "CONFIG_GCC_VERSION=120200"}) {
    const KernelConfig all = parse_kernel_config(text + compression);
    const KernelConfig some = parse_kernel_config(text + compression, {"CONFIG_UP", "CONFIG_ABSENT"});
    EXPECT_EQ(some.options, (std::map<std::string, std::string>{{"CONFIG_UP", "m"}}));
    EXPECT_TRUE(some.modules && some.modversions && some.module_sig && some.btf_modules && some.clang);
    EXPECT_EQ(some.sig_hash, "sha512");
    EXPECT_EQ(some.compression, all.compression);
    EXPECT_EQ(some.compiler_text, "clang version 14");
    EXPECT_EQ(some.compiler_major, 14U);
  }
  const std::string later = "# Linux/x86 6.12.1 Kernel Configuration\nCONFIG_MODULE_COMPRESS=y\nCONFIG_MODULE_COMPRESS_XZ=y\n";
  EXPECT_EQ(parse_kernel_config(later, {}).compression, Compression::none);
  EXPECT_EQ(parse_kernel_config(later + "CONFIG_MODULE_COMPRESS_ALL=y\n", {}).compression, Compression::xz);
  EXPECT_EQ(parse_kernel_config("CONFIG_GCC_VERSION=120200\n", {}).compiler_major, 12U);
}

TEST(ParseKernelConfig, SurvivesNonsense) {
  EXPECT_FALSE(parse_kernel_config("").modules);
  EXPECT_FALSE(parse_kernel_config("CONFIG_MODULES\n=y\nCONFIG_\n\n\n=\nCONFIG_MODULES=\"").modules);
}

TEST(ReadKernelConfig, PrefersWhatTheBuildReadOverWhatMayHaveBeenEdited) {
  const TempDir tree;
  write_file(tree.path() / ".config", "CONFIG_MODULES=y\nCONFIG_FROM=\"config\"\n");
  EXPECT_EQ(read_kernel_config(tree.path()).options.at("CONFIG_FROM"), "config");
  make_directories(tree.path() / "include/config");
  write_file(tree.path() / "include/config/auto.conf", "CONFIG_FROM=\"auto\"\n");
  EXPECT_EQ(read_kernel_config(tree.path()).options.at("CONFIG_FROM"), "auto");
}

TEST(ReadKernelConfig, RefusesATreeWithoutConfiguration) {
  const TempDir tree;
  try {
    read_kernel_config(tree.path());
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.diagnostic().code, "headers-unusable");
  }
}

TEST(RequireModules, NamesTheKernelThatCannotLoadAny) {
  const Kernel kernel{.flavor = {"debian-12", "amd64", "amd64"}, .release = KernelRelease("6.1.0-56-amd64")};
  try {
    require_modules(parse_kernel_config("CONFIG_PCI=y\n"), kernel);
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(to_text(error.diagnostic()),
              "error: debian-12/amd64@6.1.0-56-amd64 cannot load modules: CONFIG_MODULES is not set [kernel-without-modules]\n"
              "  hint: exclude it in the manifest, or choose another flavor");
  }
}

}  // namespace
}  // namespace kmpack

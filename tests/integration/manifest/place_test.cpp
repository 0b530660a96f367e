#include "manifest/place.hpp"

#include <gtest/gtest.h>

#include <string>

#include "kmpack/diagnostic.hpp"
#include "sys/files.hpp"

namespace kmpack {
namespace {

class FindManifest : public ::testing::Test {
 protected:
  void put(const std::string& name, const std::string& text = "") { write_file(dir_.path() / name, text); }
  [[nodiscard]] std::string found() const { return find_manifest(dir_.path()).filename(); }
  static std::string refusal(const std::filesystem::path& argument) {
    try {
      find_manifest(argument);
    } catch (const Error& error) {
      return std::string(error.diagnostic().code);
    }
    return "found";
  }
  TempDir dir_;
};

TEST_F(FindManifest, PrefersTheManifestToAllElse) {
  put("Makefile", "obj-m := a.o\n");
  put("dkms.conf");
  put("kmpack.xml");
  EXPECT_EQ(found(), "kmpack.xml");
}

TEST_F(FindManifest, TakesAKbuildBeforeAMakefile) {
  put("Makefile", "obj-m := a.o\n");
  EXPECT_EQ(found(), "Makefile");
  put("Kbuild", "obj-$(CONFIG_A) += a.o\n");
  EXPECT_EQ(found(), "Kbuild");
}

TEST_F(FindManifest, TakesADkmsConfBeforeAKbuild) {
  put("dkms.conf");
  put("Makefile", "obj-m := a.o\n");
  EXPECT_EQ(found(), "dkms.conf");
  EXPECT_EQ(find_manifest(dir_.path() / "dkms.conf"), dir_.path() / "dkms.conf");
}

TEST_F(FindManifest, TakesNoMakefileWithoutModules) {
  put("Makefile", "all:\n\tcc main.c\n");
  EXPECT_EQ(refusal(dir_.path()), "manifest-missing");
}

TEST_F(FindManifest, TakesTheFileItIsGiven) {
  put("other.xml");
  EXPECT_EQ(find_manifest(dir_.path() / "other.xml"), dir_.path() / "other.xml");
  EXPECT_EQ(refusal(dir_.path() / "absent.xml"), "manifest-missing");
}

}  // namespace
}  // namespace kmpack

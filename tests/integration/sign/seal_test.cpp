#include "sign/seal.hpp"

#include <elf.h>

#include "integration/sign/fixture.hpp"
#include "sign/strip.hpp"
#include "support/thrown.hpp"
#include "wrap/elf.hpp"

namespace fs = std::filesystem;

namespace kmpack {
namespace {

using test::build_hello;
using test::header_tree;
using test::modinfo;
using test::output_of;
using test::signing_key;
using test::value;

bool has_section(const fs::path& module, std::string_view name) {
  const std::string bytes = decompressed_module(module);
  return ElfObject(bytes).find(name) != nullptr;
}

class Seal : public testing::Test {
 protected:
  SealedModule seal(const HeaderTree& headers, const std::string& where, const SigningKey* key) {
    const BuiltModule built = build_hello(headers, temp_.path() / where);
    return seal_into(built, headers, key, temp_.path() / (where + ".out"));
  }
  SealedModule seal_into(const BuiltModule& built, const HeaderTree& headers, const SigningKey* key, const fs::path& place) {
    const TempDir work(temp_.path());
    return seal_module(strip_module(built, headers, work.path(), runner_, {}), headers, key, place, {});
  }
  TempDir temp_;
  ProcessRunner runner_;
};

TEST_F(Seal, MakesAPlainSignedModuleThatModinfoReads) {
  KMPACK_NEEDS_HEADERS(root, "amd64", "6.1");
  const SigningKey key = signing_key();
  const SealedModule sealed = seal(header_tree(root, "amd64"), "cell", &key);
  const auto fields = modinfo(sealed.file);
  EXPECT_EQ(sealed.file.filename(), "hello.ko");
  EXPECT_EQ(value(fields, "signer"), "Integration key");
  EXPECT_EQ(value(fields, "sig_hashalgo"), "sha256");
  EXPECT_EQ(value(fields, "sig_key"), key.certificate().serial());
  EXPECT_EQ(sealed.signed_by, "Integration key");
  EXPECT_FALSE(has_section(sealed.file, ".debug_info"));
  EXPECT_TRUE(has_section(temp_.path() / "cell.out/debug/hello.ko.debug", ".debug_info"));
  EXPECT_FALSE(verify_signature(read_file(sealed.file), key.certificate()).has_value());
}

TEST_F(Seal, GivesTheFileAnotherNameAndKeepsDebugInformationWhereAsked) {
  KMPACK_NEEDS_HEADERS(root, "amd64", "6.1");
  const HeaderTree headers = header_tree(root, "amd64");
  const SigningKey key = signing_key();
  BuiltModule built = build_hello(headers, temp_.path() / "cell");
  built.installed = "hello-too";
  const fs::path place = temp_.path() / "out";
  const SealedModule renamed = seal_into(built, headers, &key, place);
  EXPECT_EQ(renamed.file, place / "hello-too.ko");
  EXPECT_NE(read_file(renamed.file).find(std::string("\0name=hello\0", 12)), std::string::npos) << "the name inside stays";
  EXPECT_EQ(renamed.loader_name(), "hello-too");
  EXPECT_TRUE(has_section(place / "debug/hello-too.ko.debug", ".debug_info"));
  built.installed.clear();
  built.strip = Strip::no;
  const SealedModule whole = seal_into(built, headers, &key, place);
  EXPECT_TRUE(has_section(whole.file, ".debug_info"));
  EXPECT_FALSE(fs::exists(place / "debug/hello.ko.debug"));
  EXPECT_EQ(value(modinfo(whole.file), "signer"), "Integration key");
}

TEST_F(Seal, PacksXzAsTheKernelCanUnpackIt) {
  KMPACK_NEEDS_HEADERS(root, "amd64", "6.12");
  HeaderTree headers = header_tree(root, "amd64");
  headers.config.compression = Compression::xz;
  const SigningKey key = signing_key();
  const SealedModule sealed = seal(headers, "cell", &key);
  EXPECT_EQ(sealed.file.filename(), "hello.ko.xz");
  const std::string listing = output_of("xz", {"-l", "-vv", sealed.file.string()});
  EXPECT_NE(listing.find("CRC32"), std::string::npos) << listing;
  EXPECT_EQ(listing.find("CRC64"), std::string::npos) << listing;
  EXPECT_NE(listing.find("--lzma2=dict=1MiB"), std::string::npos) << listing;
  EXPECT_NO_THROW(output_of("xz", {"-t", sealed.file.string()}));
  EXPECT_EQ(value(modinfo(sealed.file), "signer"), "Integration key");
  EXPECT_EQ(sealed.facts.compression, Compression::xz);
  EXPECT_EQ(sealed.facts.has_btf, has_section(temp_.path() / "cell/hello.ko", ".BTF"))
      << "BTF is for the kernel, not for the debugger";
}

TEST_F(Seal, PacksGzipAndZstdAsTheirProgramsDo) {
  KMPACK_NEEDS_HEADERS(root, "amd64", "6.1");
  HeaderTree headers = header_tree(root, "amd64");
  const SigningKey key = signing_key();
  headers.config.compression = Compression::gzip;
  const SealedModule gz = seal(headers, "gz", &key);
  EXPECT_NO_THROW(output_of("gzip", {"-t", gz.file.string()}));
  headers.config.compression = Compression::zstd;
  const SealedModule zst = seal(headers, "zst", &key);
  EXPECT_NO_THROW(output_of("zstd", {"-q", "-t", zst.file.string()}));
  EXPECT_EQ(value(modinfo(zst.file), "signer"), "Integration key");
}

TEST_F(Seal, GivesTheSameBytesInAnotherDirectory) {
  KMPACK_NEEDS_HEADERS(root, "amd64", "6.1");
  const HeaderTree headers = header_tree(root, "amd64");
  const SigningKey key = signing_key();
  const BuiltModule built = build_hello(headers, temp_.path() / "cell");
  const SealedModule one = seal_into(built, headers, &key, temp_.path() / "one");
  const SealedModule two = seal_into(built, headers, &key, temp_.path() / "a/deeper/two");
  EXPECT_EQ(one.sha256, two.sha256);
  EXPECT_EQ(read_file(temp_.path() / "one/debug/hello.ko.debug"), read_file(temp_.path() / "a/deeper/two/debug/hello.ko.debug"));
  // Nothing but what was promised lies there.
  EXPECT_EQ(walk(temp_.path() / "one").size(), 3U);
}

TEST_F(Seal, StripsAForeignModuleWithItsOwnTools) {
  KMPACK_NEEDS_HEADERS(root, "arm64", "6.1");
  const SigningKey key = signing_key();
  const SealedModule sealed = seal(header_tree(root, "arm64"), "cell", &key);
  EXPECT_EQ(sealed.facts.elf_machine, EM_AARCH64);
  EXPECT_FALSE(has_section(sealed.file, ".debug_info"));
  EXPECT_EQ(value(modinfo(sealed.file), "signer"), "Integration key");
}

TEST_F(Seal, RefusesDebiansOwnSignedModules) {
  KMPACK_NEEDS_HEADERS(root, "amd64", "6.1");
  const auto kernel = test::newest_kernel("cloud-amd64", "6.1");
  ASSERT_TRUE(kernel.has_value());
  const BuiltModule theirs{.name = ModuleName("dummy"), .file = kernel->image.modules / "kernel/drivers/net/dummy.ko"};
  EXPECT_EQ(test::code_thrown_by([&] { seal_into(theirs, header_tree(root, "amd64"), nullptr, temp_.path() / "out"); }),
            "module-already-signed");
}

TEST_F(Seal, ReportsAStripThatDoesNotKnowTheMachine) {
  KMPACK_NEEDS_HEADERS(root, "arm64", "6.1");
  HeaderTree headers = header_tree(root, "arm64");
  const BuiltModule built = build_hello(headers, temp_.path() / "cell");
  headers.cross_prefix = "";
  headers.kernel.flavor.arch = "amd64";
  EXPECT_EQ(test::code_thrown_by([&] { seal_into(built, headers, nullptr, temp_.path() / "out"); }), "process-failed");
  EXPECT_FALSE(fs::exists(temp_.path() / "out/hello.ko"));
}

}  // namespace
}  // namespace kmpack

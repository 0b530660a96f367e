#include "sign/seal.hpp"

#include <elf.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "inspect/facts.hpp"
#include "sign/signature.hpp"
#include "sign/strip.hpp"
#include "support/fake_module.hpp"
#include "support/fake_runner.hpp"
#include "sys/files.hpp"
#include "wrap/compress.hpp"

namespace fs = std::filesystem;

namespace kmpack {
namespace {

using test::FakeRunner;

/// Stands in for binutils: objcopy and strip leave the module as it is.
Completed copy_through(const Command& command) {
  const bool strip = command.program.ends_with("strip");
  const auto& args = command.args;
  if (strip) write_file(args.at(2), read_file(args.at(3)));
  if (!strip) write_file(args.back(), read_file(args.at(args.size() - 2)));
  return FakeRunner::succeeded();
}

struct Bench {
  Bench() {
    headers.kernel.flavor = {.distribution = "test-1", .flavor = "amd64", .arch = "amd64"};
    headers.epoch = 1;
    write_file(built.file, test::plain_module().bytes());
  }
  SealedModule seal(const SigningKey* key = nullptr, std::stop_token stop = {}) {
    return seal_with(runner, key, std::move(stop));
  }
  /// As a run does it: stripped in one place, sealed in another.
  SealedModule seal_with(CommandRunner& tools, const SigningKey* key = nullptr, std::stop_token stop = {}) {
    const StrippedModule stripped = strip_module(built, headers, directory.path() / "stripped", tools, stop);
    return seal_module(stripped, headers, key, directory.path() / "out", std::move(stop));
  }
  std::string code_of_seal() {
    try {
      seal();
    } catch (const Error& error) {
      return std::string(error.diagnostic().code);
    }
    return "nothing";
  }
  TempDir directory;
  BuiltModule built{.name = ModuleName("plain"), .file = directory.path() / "plain.ko"};
  HeaderTree headers;
  FakeRunner runner{copy_through};
};

SigningKey make_key() {
  const TempDir directory;
  KeyRequest request;
  request.common_name = "Seal test";
  request.prefix = directory.path() / "key";
  const KeyFiles files = create_key(request);
  return SigningKey::load(files.key, files.certificate, {});
}

TEST(SealModule, SignsBeforeItCompresses) {
  const SigningKey key = make_key();
  for (const Compression compression : {Compression::none, Compression::gzip, Compression::xz, Compression::zstd}) {
    Bench bench;
    bench.headers.config.compression = compression;
    bench.headers.config.sig_hash = "sha384";
    const SealedModule sealed = bench.seal(&key);
    EXPECT_EQ(sealed.file.filename(), "plain.ko" + std::string(suffix_of(compression)));
    EXPECT_EQ(compression_of(read_file(sealed.file)), compression);
    EXPECT_FALSE(verify_signature(decompressed_module(sealed.file), key.certificate()).has_value());
    EXPECT_EQ(sealed.signed_by, "Seal test");
    EXPECT_EQ(sealed.facts.signature.value().signer, "Seal test");
    EXPECT_EQ(sealed.facts.signature.value().hash, "sha384");
    EXPECT_EQ(sealed.sha256.size(), 64U);
  }
}

TEST(SealModule, LeavesAModuleUnsignedWithoutAKeyAndSaysSo) {
  Bench bench;
  const SealedModule sealed = bench.seal();
  EXPECT_EQ(sealed.signed_by, "");
  EXPECT_FALSE(sealed.facts.signature.has_value());
  EXPECT_EQ(read_file(sealed.file), test::plain_module().bytes());
}

TEST(SealModule, GivesTheSameBytesTwice) {
  const SigningKey key = make_key();
  Bench first;
  Bench second;
  first.headers.config.compression = second.headers.config.compression = Compression::xz;
  EXPECT_EQ(first.seal(&key).sha256, second.seal(&key).sha256);
}

TEST(SealModule, RefusesAModuleThatIsSignedAlready) {
  const SigningKey key = make_key();
  Bench bench;
  const std::string bytes = read_file(bench.built.file);
  write_file(bench.built.file, with_signature(bytes, signature_of(bytes, key, "sha256")));
  EXPECT_EQ(bench.code_of_seal(), "module-already-signed");
  EXPECT_TRUE(bench.runner.commands().empty());
  EXPECT_FALSE(fs::exists(bench.directory.path() / "out"));
}

TEST(SealModule, SplitsDebugInformationBeforeItStrips) {
  Bench bench;
  test::FakeModule module = test::plain_module();
  module.sections.emplace_back(".debug_info", "dwarf");
  write_file(bench.built.file, module.bytes());
  bench.seal();
  ASSERT_EQ(bench.runner.commands().size(), 2U);
  EXPECT_EQ(bench.runner.commands()[0].program, "objcopy");
  EXPECT_EQ(bench.runner.commands()[0].args.at(0), "--only-keep-debug");
  EXPECT_EQ(bench.runner.commands()[1].program, "strip");
  EXPECT_EQ(bench.runner.commands()[1].args.at(0), "--strip-debug");
  EXPECT_TRUE(fs::exists(bench.directory.path() / "out/debug/plain.ko.debug"));
}

TEST(SealModule, PacksDebugInformationOnlyWhereDebiansToolsDo) {
  for (const auto& [family, packs] : {std::pair{PackageFamily::deb, true}, std::pair{PackageFamily::rpm, false}}) {
    Bench bench;
    bench.headers.kernel.rules.family = family;
    test::FakeModule module = test::plain_module();
    module.sections.emplace_back(".debug_info", "dwarf");
    write_file(bench.built.file, module.bytes());
    bench.seal();
    const std::vector<std::string>& args = bench.runner.commands().at(0).args;
    EXPECT_EQ(std::ranges::count(args, "--compress-debug-sections"), packs ? 1 : 0);
  }
}

TEST(SealModule, UsesTheTargetsBinutilsForAForeignArchitecture) {
  Bench bench;
  bench.headers.kernel.flavor.arch = "s390x";
  bench.seal();
  EXPECT_EQ(bench.runner.commands().at(0).program, "s390x-linux-gnu-strip");
  Bench given;
  given.headers.cross_prefix = "my-own-";
  given.seal();
  EXPECT_EQ(given.runner.commands().at(0).program, "my-own-strip");
}

TEST(SealModule, NamesThePackageOfAMissingTool) {
  Bench bench;
  bench.headers.kernel.flavor.arch = "riscv64";
  FakeRunner missing([](const Command& command) -> Completed {
    throw Error(Diagnostic{.code = "tool-missing", .message = command.program + " is not installed"});
  });
  try {
    bench.seal_with(missing);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(to_text(error.diagnostic()),
              "error: riscv64-linux-gnu-strip is not installed [tool-missing]\n  note: while stripping module plain\n"
              "  hint: apt-get install binutils-riscv64-linux-gnu");
  }
}

TEST(SealModule, LeavesNothingBehindWhenAToolFails) {
  Bench bench;
  FakeRunner failing([](const Command&) { return FakeRunner::ended(1, "strip: no room"); });
  EXPECT_THROW(bench.seal_with(failing), Error);
  EXPECT_TRUE(walk(bench.directory.path() / "stripped").empty());
  EXPECT_FALSE(fs::exists(bench.directory.path() / "out"));
}

TEST(SealModule, ReportsWhatStripMadeUnreadable) {
  Bench bench;
  FakeRunner spoiling([](const Command& command) {
    write_file(command.args.at(2), "rubbish");
    return FakeRunner::succeeded();
  });
  EXPECT_THROW(bench.seal_with(spoiling), Error);
}

TEST(SealModule, RefusesASignatureThatAppearsOnItsWay) {
  const SigningKey key = make_key();
  Bench bench;
  FakeRunner signing([&](const Command& command) {
    const std::string bytes = read_file(command.args.at(3));
    write_file(command.args.at(2), with_signature(bytes, signature_of(bytes, key, "sha256")));
    return FakeRunner::succeeded();
  });
  for (const SigningKey* with : {static_cast<const SigningKey*>(nullptr), &key}) {
    try {
      bench.seal_with(signing, with);
      ADD_FAILURE();
    } catch (const Error& error) {
      EXPECT_EQ(error.diagnostic().code, "seal-mismatch");
    }
  }
}

TEST(SealModule, StopsWhenAsked) {
  Bench bench;
  std::stop_source stop;
  stop.request_stop();
  EXPECT_THROW(bench.seal(nullptr, stop.get_token()), Cancelled);
  EXPECT_TRUE(bench.runner.commands().empty());
}

}  // namespace
}  // namespace kmpack

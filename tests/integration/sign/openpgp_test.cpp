#include "sign/openpgp.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/gpg_home.hpp"
#include "support/thrown.hpp"

namespace kmpack {
namespace {

namespace fs = std::filesystem;
using test::code_thrown_by;
using test::handmade_rpm;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class OpenPgp : public testing::Test {
 protected:
  [[nodiscard]] OpenPgpKey key(const std::string& id = "good@example.org") { return find_openpgp_key(id, runner_, {}); }
  std::string code(const std::string& id) {
    return code_thrown_by([&] { static_cast<void>(key(id)); });
  }

  test::GpgHome home_;
  TempDir directory_;
  ProcessRunner runner_;
};

TEST_F(OpenPgp, KeyIsFoundByAddressAndByFingerprint) {
  const OpenPgpKey found = key();
  EXPECT_EQ(found.user_id, "Good Packages <good@example.org>");
  EXPECT_EQ(found.fingerprint.size(), 40U);
  EXPECT_GT(found.created, 1700000000);
  EXPECT_EQ(key(found.fingerprint).user_id, found.user_id);
}

TEST_F(OpenPgp, KeyThatIsNotThereIsRefused) {
  EXPECT_EQ(code("nobody@example.org"), "openpgp-key-unknown");
  // It is no option, whatever it looks like.
  EXPECT_EQ(code("--version"), "openpgp-key-unknown");
}

TEST_F(OpenPgp, TwoKeysOfOneNameAreRefused) {
  home_.add_key("Good Again <again@example.org>");
  EXPECT_EQ(code("Good"), "openpgp-key-ambiguous");
  EXPECT_EQ(key("again@example.org").user_id, "Good Again <again@example.org>");
}

TEST_F(OpenPgp, KeyThatCannotSignIsRefused) {
  home_.add_key("Certifier <certify@example.org>", "", "cert");
  EXPECT_EQ(code("certify@example.org"), "openpgp-key-unusable");
}

TEST_F(OpenPgp, SignatureIsGoodForGpgAndTheSameTwice) {
  const fs::path file = directory_.path() / "text";
  write_file(file, "text");
  sign_detached(key(), file, directory_.path() / "one.asc", 0, runner_, {});
  sign_detached(key(), file, directory_.path() / "two.asc", 0, runner_, {});
  EXPECT_EQ(read_file(directory_.path() / "one.asc"), read_file(directory_.path() / "two.asc"));
  EXPECT_TRUE(home_.gpg({"--verify", (directory_.path() / "one.asc").string(), file.string()}).ok());
  write_file(file, "changed");
  EXPECT_FALSE(home_.gpg({"--verify", (directory_.path() / "one.asc").string(), file.string()}).ok());
}

TEST_F(OpenPgp, RpmsAreSignedForRpmkeysAndTheSameTwice) {
  const fs::path one = handmade_rpm(directory_.path() / "one", "tiny");
  const fs::path two = handmade_rpm(directory_.path() / "two", "tiny");
  EXPECT_THAT(rpms_without_signature(key(), std::vector{one}, runner_, {}), ElementsAre(one));
  sign_rpms(key(), std::vector{one}, 0, runner_, {});
  sign_rpms(key(), std::vector{two}, 0, runner_, {});
  EXPECT_THAT(rpms_without_signature(key(), std::vector{one, two}, runner_, {}), IsEmpty());
  const std::string once = read_file(one);
  EXPECT_EQ(once, read_file(two));
  sign_rpms(key(), std::vector{one}, 0, runner_, {});
  EXPECT_EQ(read_file(one), once);
  // The judge: rpm's own tool, with a key ring of its own.
  const fs::path ring = directory_.path() / "key.asc";
  write_file(ring, export_openpgp_key(key(), runner_, {}));
  const std::string base = (directory_.path() / "db").string();
  make_directories(base);
  EXPECT_TRUE(home_.run("rpmkeys", {"--dbpath", base, "--import", ring.string()}).ok());
  EXPECT_THAT(home_.run("rpmkeys", {"--dbpath", base, "-K", one.string()}).tail, HasSubstr("digests signatures OK"));
}

TEST_F(OpenPgp, SignatureOfAnotherKeyIsReplaced) {
  home_.add_key("Other <other@example.org>");
  const fs::path rpm = handmade_rpm(directory_.path(), "tiny");
  sign_rpms(key("other@example.org"), std::vector{rpm}, 0, runner_, {});
  EXPECT_THAT(rpms_without_signature(key(), std::vector{rpm}, runner_, {}), ElementsAre(rpm));
  sign_rpms(key(), std::vector{rpm}, 0, runner_, {});
  EXPECT_THAT(rpms_without_signature(key(), std::vector{rpm}, runner_, {}), IsEmpty());
}

TEST_F(OpenPgp, LockedKeyIsAnErrorAndNoQuestion) {
  home_.add_key("Locked <locked@example.org>", "secret");
  const OpenPgpKey locked = key("locked@example.org");
  home_.stop_agent();
  const fs::path rpm = handmade_rpm(directory_.path(), "tiny");
  const std::string before = read_file(rpm);
  EXPECT_EQ(code_thrown_by([&] { sign_rpms(locked, std::vector{rpm}, 0, runner_, {}); }), "openpgp-signing-failed");
  EXPECT_EQ(code_thrown_by([&] { sign_detached(locked, rpm, directory_.path() / "asc", 0, runner_, {}); }),
            "openpgp-signing-failed");
  EXPECT_EQ(read_file(rpm), before);
}

TEST_F(OpenPgp, PublicKeyOfNobodyIsNotExported) {
  EXPECT_EQ(code_thrown_by([&] {
              export_openpgp_key({.fingerprint = "0123456789012345678901234567890123456789", .user_id = "Nobody"}, runner_, {});
            }),
            "openpgp-export-failed");
}

/// rpmsign that does nothing and is happy.
class IdleRpmsign final : public CommandRunner {
 public:
  Completed run(const Command& command, std::stop_token stop) override {
    if (command.program == "rpmsign") return {.exit_code = 0};
    return real_.run(command, stop);
  }

 private:
  ProcessRunner real_;
};

TEST_F(OpenPgp, PackagesAreReadBackAfterSigning) {
  IdleRpmsign runner;
  const fs::path rpm = handmade_rpm(directory_.path(), "tiny");
  EXPECT_EQ(code_thrown_by([&] { sign_rpms(key(), std::vector{rpm}, 0, runner, {}); }), "openpgp-signature-missing");
}

}  // namespace
}  // namespace kmpack

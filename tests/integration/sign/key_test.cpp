#include <fcntl.h>
#include <sys/stat.h>

#include "integration/sign/fixture.hpp"
#include "support/thrown.hpp"

namespace kmpack {
namespace {

using test::code_thrown_by;
using test::key_on_disk;
using test::output_of;

TEST(CreateKey, MakesACertificateForKernelModulesAndNothingElse) {
  const std::string text = output_of("openssl", {"x509", "-noout", "-text", "-in", key_on_disk().files.certificate.string()});
  for (const char* line :
       {"Version: 3", "Public-Key: (3072 bit)", "sha256WithRSAEncryption", "Issuer: O = Test, CN = Integration key",
        "X509v3 Basic Constraints: critical", "CA:FALSE", "Digital Signature", "Code Signing, 1.3.6.1.4.1.2312.16.1.2",
        "X509v3 Subject Key Identifier", "X509v3 Authority Key Identifier"})
    EXPECT_NE(text.find(line), std::string::npos) << line << " is missing in\n" << text;
  EXPECT_EQ(text.find("CA:TRUE"), std::string::npos);
}

TEST(CreateKey, IsSelfSigned) {
  const std::string file = key_on_disk().files.certificate.string();
  EXPECT_NE(output_of("openssl", {"verify", "-check_ss_sig", "-CAfile", file, file}).find("OK"), std::string::npos);
}

TEST(CreateKey, KeepsTheKeyPrivateUnderAnyUmask) {
  const TempDir directory;
  const mode_t before = ::umask(0);
  KeyRequest request;
  request.common_name = "x";
  request.prefix = directory.path() / "k";
  const KeyFiles files = create_key(request);
  ::umask(before);
  struct stat status {};
  ASSERT_EQ(::stat(files.key.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777U, 0600U);
}

TEST(CreateKey, LetsOpensslOpenTheEncryptedKey) {
  const TempDir directory;
  KeyRequest request;
  request.common_name = "x";
  request.prefix = directory.path() / "k";
  request.passphrase = "sesame";
  const KeyFiles files = create_key(request);
  EXPECT_NO_THROW(output_of("openssl", {"pkey", "-in", files.key.string(), "-passin", "pass:sesame", "-noout"}));
  EXPECT_THROW(output_of("openssl", {"pkey", "-in", files.key.string(), "-passin", "pass:other", "-noout"}), Error);
}

TEST(CreateKey, LeavesNothingOnAFullDisk) {
  const TempDir place;
  const std::string script = "mount -t tmpfs -o size=4k none \"$1\" && exec \"$2\" \"$1\"";
  Command command{.program = "unshare",
                  .args = {"-rm", "/bin/sh", "-c", script, "sh", place.path().string(), SIGN_TEST_CHILD},
                  .environment = scrubbed_environment(0),
                  .separate_errors = true};
  const Completed completed = ProcessRunner().run(command, {});
  if (!completed.ok() && std::getenv("CI") == nullptr) GTEST_SKIP() << "no user namespaces here: " << completed.errors;
  ASSERT_TRUE(completed.ok()) << completed.how() << completed.errors;
  EXPECT_EQ(completed.tail, "disk-full\n0\n");
}

TEST(SigningKey, RefusesKeysThatKernelsDoNotVerify) {
  const TempDir directory;
  for (const std::string kind : {"EC", "ED25519"}) {
    const auto key = (directory.path() / (kind + ".key")).string();
    const auto certificate = (directory.path() / (kind + ".pem")).string();
    std::vector<std::string> args{"req",     "-new", "-x509", "-nodes",    "-subj",   "/CN=x/",
                                  "-keyout", key,    "-out",  certificate, "-newkey", kind};
    if (kind == "EC") args.insert(args.end(), {"-pkeyopt", "ec_paramgen_curve:P-256"});
    output_of("openssl", args);
    EXPECT_EQ(code_thrown_by([&] { SigningKey::load(key, certificate, {}); }), "key-not-rsa") << kind;
  }
}

TEST(SigningKey, ReadsTheTraditionalEncryptedForm) {
  const TempDir directory;
  const auto plain = (directory.path() / "plain.key").string();
  const auto locked = (directory.path() / "locked.key").string();
  const auto certificate = (directory.path() / "cert.pem").string();
  output_of("openssl", {"req", "-new", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=old style/", "-keyout", plain,
                        "-out", certificate});
  output_of("openssl", {"rsa", "-in", plain, "-aes256", "-passout", "pass:sesame", "-traditional", "-out", locked});
  EXPECT_EQ(SigningKey::load(locked, certificate, [](const std::string&) { return std::string("sesame"); }).common_name(),
            "old style");
  EXPECT_EQ(code_thrown_by([&] { SigningKey::load(locked, certificate, [](const std::string&) { return std::string("no"); }); }),
            "key-passphrase-wrong");
}

}  // namespace
}  // namespace kmpack

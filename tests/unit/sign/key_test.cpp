#include "sign/key.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "kmpack/diagnostic.hpp"
#include "sys/files.hpp"

namespace fs = std::filesystem;

namespace kmpack {
namespace {

KeyRequest wish(const fs::path& prefix, const std::string& passphrase = {}) {
  KeyRequest request;
  request.common_name = "Test key";
  request.organization = "Test";
  request.prefix = prefix;
  request.passphrase = passphrase;
  return request;
}

std::string code_of(const std::function<void()>& work) {
  try {
    work();
  } catch (const Error& error) {
    return std::string(error.diagnostic().code);
  }
  return "nothing";
}

/// Making a key takes a while under the sanitizers; tests that only read share one.
struct Shared {
  Shared()
      : files(create_key(wish(directory.path() / "signing"))), locked(create_key(wish(directory.path() / "locked", "sesame"))) {}
  TempDir directory;
  KeyFiles files;
  KeyFiles locked;
};

const Shared& shared() {
  static const Shared made;
  return made;
}

TEST(CreateKey, WritesAPrivateKeyForItsOwnerOnlyAndTwoFormsOfTheCertificate) {
  const KeyFiles& files = shared().files;
  struct stat status {};
  ASSERT_EQ(::stat(files.key.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777U, 0600U);
  EXPECT_EQ(files.key.filename(), "signing.key");
  EXPECT_EQ(Certificate::load(files.certificate).der(), read_file(files.der));
  EXPECT_EQ(Certificate::load(files.der).pem(), read_file(files.certificate));
  EXPECT_EQ(Certificate::load(files.der).common_name(), "Test key");
  EXPECT_EQ(SigningKey::load(files.key, files.der, {}).common_name(), "Test key");
}

TEST(CreateKey, EncryptsTheKeyWhenAPassphraseIsGiven) {
  EXPECT_NE(read_file(shared().locked.key).find("BEGIN ENCRYPTED PRIVATE KEY"), std::string::npos);
}

TEST(CreateKey, NeverOverwritesAndLeavesNothingBehind) {
  const TempDir directory;
  for (const char* suffix : {".key", ".pem", ".der"}) {
    const fs::path prefix = directory.path() / ("taken" + std::string(suffix).substr(1));
    fs::path taken = prefix;
    taken += suffix;
    write_file(taken, "precious");
    EXPECT_EQ(code_of([&] { create_key(wish(prefix)); }), "key-exists") << suffix;
    EXPECT_EQ(read_file(taken), "precious");
  }
  fs::create_symlink("nowhere", directory.path() / "link.key");
  EXPECT_EQ(code_of([&] { create_key(wish(directory.path() / "link")); }), "key-exists")
      << "a dangling link would be written through";
  EXPECT_EQ(walk(directory.path()).size(), 4U);
}

TEST(CreateKey, KeepsDotsOfTheName) {
  const TempDir directory;
  EXPECT_EQ(create_key(wish(directory.path() / "key.v2")).key.filename(), "key.v2.key");
}

TEST(CreateKey, RefusesWhatCannotBe) {
  const TempDir directory;
  const auto code_with = [&](auto change) {
    KeyRequest request = wish(directory.path() / "k");
    change(request);
    return code_of([&] { create_key(request); });
  };
  EXPECT_EQ(code_with([](KeyRequest& r) { r.common_name = ""; }), "key-request-invalid");
  EXPECT_EQ(code_with([](KeyRequest& r) { r.common_name = std::string(65, 'x'); }), "key-request-invalid");
  EXPECT_EQ(code_with([](KeyRequest& r) { r.common_name = "a\nb"; }), "key-request-invalid");
  EXPECT_EQ(code_with([](KeyRequest& r) { r.organization = "\xff\xfe"; }), "key-request-invalid");
  EXPECT_EQ(code_with([](KeyRequest& r) { r.days = std::chrono::days{0}; }), "key-request-invalid");
  EXPECT_EQ(code_with([](KeyRequest& r) { r.days = std::chrono::days{1'000'000}; }), "key-request-invalid");
  EXPECT_EQ(code_with([](KeyRequest& r) { r.passphrase = std::string(5000, 'x'); }), "key-request-invalid");
  EXPECT_EQ(code_with([](KeyRequest& r) { r.prefix = "dir/"; }), "key-request-invalid");
  EXPECT_EQ(code_with([](KeyRequest& r) { r.prefix = ".."; }), "key-request-invalid");
  EXPECT_TRUE(walk(directory.path()).empty());
}

TEST(SigningKey, AsksForThePassphraseOnceAndNamesTheFile) {
  const KeyFiles& files = shared().locked;
  std::vector<std::string> prompts;
  const PassphraseSource right = [&](const std::string& prompt) { return prompts.push_back(prompt), std::string("sesame"); };
  EXPECT_EQ(SigningKey::load(files.key, files.certificate, right).common_name(), "Test key");
  EXPECT_EQ(prompts, (std::vector<std::string>{"passphrase of " + files.key.string()}));
}

TEST(SigningKey, TellsAWrongPassphraseFromNone) {
  const KeyFiles& files = shared().locked;
  EXPECT_EQ(
      code_of([&] { SigningKey::load(files.key, files.certificate, [](const std::string&) { return std::string("no"); }); }),
      "key-passphrase-wrong");
  EXPECT_EQ(code_of([&] { SigningKey::load(files.key, files.certificate, {}); }), "key-passphrase-missing");
}

TEST(SigningKey, NeverTellsThePassphrase) {
  const KeyFiles& files = shared().locked;
  try {
    SigningKey::load(files.key, files.certificate, [](const std::string&) { return std::string("tell-nobody"); });
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(to_text(error.diagnostic()).find("tell-nobody"), std::string::npos);
  }
}

TEST(SigningKey, RefusesACertificateThatIsNotValidNow) {
  const KeyFiles& files = shared().files;
  const auto now = std::chrono::system_clock::now();
  const auto load_at = [&](WallTime time) { return code_of([&] { SigningKey::load(files.key, files.certificate, {}, time); }); };
  EXPECT_EQ(load_at(now + std::chrono::days{3649}), "nothing");
  EXPECT_EQ(load_at(now + std::chrono::days{3651}), "certificate-expired");
  EXPECT_EQ(load_at(now - std::chrono::days{1}), "certificate-expired");
}

TEST(SigningKey, FindsAnExpiredCertificateBeforeItAsksForThePassphrase) {
  const KeyFiles& files = shared().locked;
  const auto late = std::chrono::system_clock::now() + std::chrono::days{4000};
  EXPECT_EQ(code_of([&] {
              SigningKey::load(
                  files.key, files.certificate, [](const std::string&) -> std::string { throw std::logic_error("asked"); }, late);
            }),
            "certificate-expired");
}

TEST(SigningKey, RefusesTheCertificateOfAnotherKey) {
  const TempDir directory;
  const KeyFiles other = create_key(wish(directory.path() / "other"));
  EXPECT_EQ(code_of([&] { SigningKey::load(shared().files.key, other.certificate, {}); }), "key-certificate-mismatch");
}

TEST(SigningKey, RefusesFilesThatAreNoKeyOrCertificate) {
  const TempDir directory;
  const KeyFiles& files = shared().files;
  const fs::path text = directory.path() / "text";
  write_file(text, "hello\n");
  for (const fs::path& bad : {text, directory.path() / "absent", directory.path(), files.certificate})
    EXPECT_EQ(code_of([&] { SigningKey::load(bad, files.certificate, {}); }), "key-unreadable") << bad;
  for (const fs::path& bad : {text, directory.path() / "absent", directory.path(), files.key})
    EXPECT_EQ(code_of([&] { SigningKey::load(files.key, bad, {}); }), "certificate-unreadable") << bad;
}

}  // namespace
}  // namespace kmpack

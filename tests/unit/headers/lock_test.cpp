#include "headers/lock.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/text.hpp"
#include "support/sample_catalogue.hpp"
#include "sys/files.hpp"

namespace fs = std::filesystem;

namespace kmpack {
namespace {

std::shared_ptr<const Kernel> fetched(std::string_view flavor, std::string_view release) {
  Kernel kernel = *test::kernel(flavor, "amd64", release);
  kernel.package_version = "6.1.192-2";
  kernel.packages = {{.role = ArchiveRole::headers,
                      .name = "linux-headers-" + std::string(release),
                      .version = "6.1.192-2",
                      .arch = "amd64",
                      .url = "http://archive/pool/h.deb",
                      .sha256 = std::string(64, '1'),
                      .size = 123},
                     {.role = ArchiveRole::image,
                      .name = "linux-image-" + std::string(release),
                      .version = "6.1.192-2",
                      .arch = "amd64",
                      .url = "http://archive/pool/i.deb",
                      .sha256 = std::string(64, '2'),
                      .size = 456}};
  return std::make_shared<const Kernel>(std::move(kernel));
}

class Lock : public testing::Test {
 protected:
  fs::path file() const { return directory_.path() / "kmpack.lock"; }
  HeaderSources sources() const { return {.cache = directory_.path() / "cache"}; }

  Kernels read() {
    const std::vector<Catalogue> catalogues{test::sample_catalogue()};
    return read_lock(file(), sources(), catalogues, problems_);
  }

  /// What reading `text` complains about, whole but for the directory.
  std::string complaint(const std::string& text) {
    write_file(file(), text);
    try {
      read();
    } catch (const Error& error) {
      return replaced(to_text(error.diagnostic()), directory_.path().string() + "/", "");
    }
    return "nothing";
  }

  std::string good() {
    write_lock(file(), Kernels{fetched("amd64", "6.1.0-56-amd64")});
    return read_file(file());
  }

  TempDir directory_;
  Diagnostics problems_;
};

TEST_F(Lock, GivesBackTheKernelsThatWereWritten) {
  write_lock(file(), Kernels{fetched("rt-amd64", "6.1.0-56-rt-amd64"), fetched("amd64", "6.1.0-56-amd64")});
  const Kernels kernels = read();
  EXPECT_TRUE(problems_.ok());
  ASSERT_THAT(test::ids(kernels), testing::ElementsAre("debian-12/amd64@6.1.0-56-amd64", "debian-12/rt-amd64@6.1.0-56-rt-amd64"));
  const Kernel& kernel = *kernels[0];
  EXPECT_EQ(kernel.series, "6.1");
  EXPECT_EQ(kernel.package_version, "6.1.192-2");
  EXPECT_EQ(kernel.rules.meta_suffix, "amd64");
  ASSERT_EQ(kernel.packages.size(), 2U);
  EXPECT_EQ(kernel.packages[0].sha256, std::string(64, '1'));
  EXPECT_EQ(kernel.packages[0].size, 123U);
  EXPECT_EQ(kernel.packages[1].role, ArchiveRole::image);
  EXPECT_TRUE(kernel.tree.empty());
}

TEST_F(Lock, IsTheSameBytesWhateverTheOrder) {
  write_lock(file(), Kernels{fetched("amd64", "6.1.0-56-amd64"), fetched("amd64", "6.1.0-9-amd64")});
  const std::string first = read_file(file());
  write_lock(file(), Kernels{fetched("amd64", "6.1.0-9-amd64"), fetched("amd64", "6.1.0-56-amd64")});
  EXPECT_EQ(read_file(file()), first);
  EXPECT_LT(first.find("6.1.0-9-amd64"), first.find("6.1.0-56-amd64"));
}

TEST_F(Lock, CannotHoldATreeThatNoArchiveHas) {
  Kernel kernel = *test::kernel("amd64", "amd64", "6.1.0-56-amd64");
  kernel.tree = "/usr/src/linux-headers-6.1.0-56-amd64";
  try {
    write_lock(file(), Kernels{std::make_shared<const Kernel>(kernel)});
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.diagnostic().code, "kernel-not-lockable");
    EXPECT_THAT(error.diagnostic().message, testing::HasSubstr("/usr/src/linux-headers-6.1.0-56-amd64"));
  }
  EXPECT_FALSE(fs::exists(file()));
}

TEST_F(Lock, NamesTheLineOfWhatIsNoJson) {
  EXPECT_EQ(complaint("{\n  \"schema\": 1,\n  oops\n}\n"),
            "kmpack.lock:3: error: the lock is not JSON [lock-invalid]\n  hint: kmpack flavors lock writes it anew");
  EXPECT_THAT(complaint(""), testing::HasSubstr("kmpack.lock:1: error: the lock is not JSON [lock-invalid]"));
}

TEST_F(Lock, RefusesAnotherSchema) {
  EXPECT_THAT(complaint(replaced(good(), "\"schema\": 1", "\"schema\": 2")),
              testing::HasSubstr("the lock has schema 2, and this kmpack reads 1"));
  EXPECT_THAT(complaint("[]"), testing::HasSubstr("[lock-invalid]"));
  EXPECT_THAT(complaint("{\"schema\": 1, \"kernels\": 7}"), testing::HasSubstr("[lock-invalid]"));
}

TEST_F(Lock, RefusesWhatWouldLeadOutOfTheStore) {
  const std::string text = good();
  for (const auto& [what, instead] :
       std::vector<std::pair<std::string, std::string>>{{std::string(64, '1'), "../../../../etc"},
                                                        {"\"release\": \"6.1.0-56-amd64\"", "\"release\": \"../6.1\""},
                                                        {"\"release\": \"6.1.0-56-amd64\"", "\"release\": \"\""},
                                                        {"http://archive/pool/h.deb", "ftp2://x"},
                                                        {"\"name\": \"linux-headers-6.1.0-56-amd64\"", "\"name\": \"a/b\""},
                                                        {"\"role\": \"headers\"", "\"role\": \"evil\""},
                                                        {"\"role\": \"headers\"", "\"role\": \"image\""},
                                                        {"\"size\": 123", "\"size\": \"many\""},
                                                        {"\"distribution\": \"debian-12\",", ""}}) {
    ASSERT_NE(text.find(what), std::string::npos) << what;
    EXPECT_THAT(complaint(replaced(text, what, instead)), testing::HasSubstr("the lock does not fit its schema: ")) << instead;
  }
  EXPECT_THAT(complaint(replaced(text, "\"distribution\": \"debian-12\",", "")), testing::HasSubstr("kmpack.lock:5: error:"));
}

TEST_F(Lock, ReportsADistributionThatNoCatalogueHas) {
  write_file(file(), replaced(good(), "debian-12", "debian-99"));
  EXPECT_TRUE(read().empty());
  ASSERT_EQ(problems_.all().size(), 1U);
  EXPECT_EQ(problems_.all()[0].code, "flavor-unknown");
}

}  // namespace
}  // namespace kmpack

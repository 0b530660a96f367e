#include "pipeline/inputs.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <set>

namespace kmpack {
namespace {

struct Given {
  std::shared_ptr<Kernel> kernel = std::make_shared<Kernel>();
  Cell cell;
  HeaderTree headers;
  CellDigests digests{.manifest = "m", .compiler = "c", .certificate = ""};

  Given() {
    kernel->flavor = {"debian-12", "amd64", "amd64"};
    kernel->release = KernelRelease("6.1.0-1-amd64");
    cell.manifest = std::make_shared<Manifest>();
    cell.kernel = kernel;
    headers.digest = "h";
  }
  std::string digest() { return cell_inputs(cell, headers, digests); }
};

TEST(CellInputs, DifferWithEverythingThatDecidesThePackages) {
  static constexpr Format kBoth[] = {Format::rpm, Format::deb};
  std::set<std::string> seen{Given().digest()};
  const auto differs = [&seen](auto change) {
    Given given;
    change(given);
    return seen.insert(given.digest()).second;
  };
  EXPECT_TRUE(differs([](Given& g) { g.digests.manifest = "n"; }));
  EXPECT_TRUE(differs([](Given& g) { g.digests.compiler = "d"; }));
  EXPECT_TRUE(differs([](Given& g) { g.digests.certificate = "e"; }));
  EXPECT_TRUE(differs([](Given& g) { g.digests.package_key = "f"; }));
  EXPECT_TRUE(differs([](Given& g) { g.digests.formats = kBoth; }));
  EXPECT_TRUE(differs([](Given& g) { g.headers.digest = "i"; }));
  EXPECT_TRUE(differs([](Given& g) { g.headers.epoch = 1; }));
  EXPECT_TRUE(differs([](Given& g) { g.cell.newest_of_series = true; }));
  EXPECT_TRUE(differs([](Given& g) { g.kernel->package_version = "2"; }));
  EXPECT_TRUE(differs([](Given& g) { g.kernel->rules.directory = "extra/{name}"; }));
  EXPECT_TRUE(differs([](Given& g) { g.kernel->rules.image_packages = {"linux-image-{release}"}; }));
}

TEST(CellInputs, DoNotDependOnWhereThingsLie) {
  Given here;
  Given there;
  there.headers.tree = "/elsewhere";
  there.headers.symvers = "/elsewhere/Module.symvers";
  there.kernel->tree = "/elsewhere";
  EXPECT_EQ(here.digest(), there.digest());
}

}  // namespace
}  // namespace kmpack

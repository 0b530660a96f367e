#include <gtest/gtest.h>

#include "deb_scripts_walk.hpp"

/// Every order of two kernels and of two versions of their driver, with real dpkg: minutes.
namespace kmpack::test {
namespace {

const std::vector<std::string> kTwo{"6.1.0-7-amd64", "6.1.0-8-amd64"};

struct DebOrders : Packing {
  /// Chroot or a user namespace; where there is neither the test cannot run.
  std::optional<RootMeans> own_root() {
    const RootMeans means = probe_root_means(runner, {});
    if (means != RootMeans::chrootless) return means;
    return std::nullopt;
  }
  void walk(Walk::Settings settings, std::size_t least) {
    Walk walk{*this, std::move(settings)};
    const std::size_t steps = walk.every_order();
    EXPECT_GT(steps, least);
    std::cout << steps << " steps through " << walk.states() << " states\n";
  }
};

#define KMPACK_OWN_ROOT(means)                                                    \
  const std::optional<RootMeans> means = own_root();                              \
  if (!(means)) {                                                                 \
    if (std::getenv("CI") != nullptr) FAIL() << "no root and no user namespaces"; \
    GTEST_SKIP() << "no root and no user namespaces";                             \
  }                                                                               \
  static_assert(true)

TEST_F(DebOrders, OfTwoKernelsOfDebian) {
  KMPACK_OWN_ROOT(means);
  walk({.means = *means, .releases = kTwo}, 2000);
}

TEST_F(DebOrders, OfAKernelBelowUsr) {
  KMPACK_OWN_ROOT(means);
  walk({.ways = {.modules_root = "/usr/lib/modules"}, .means = *means}, 100);
}

TEST_F(DebOrders, OfAKernelOfUbuntu) {
  KMPACK_OWN_ROOT(means);
  walk({.ways = {.trigger = "linux-update-{release}"}, .means = *means}, 100);
}

TEST_F(DebOrders, WithoutChroot) { walk({.ways = {.trigger = "linux-update-{release}"}, .means = RootMeans::chrootless}, 100); }

TEST_F(DebOrders, WithoutChrootBelowUsr) {
  walk({.ways = {.modules_root = "/usr/lib/modules"}, .means = RootMeans::chrootless}, 100);
}

}  // namespace
}  // namespace kmpack::test

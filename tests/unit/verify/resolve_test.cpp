#include "verify/resolve.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace kmpack {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(SymbolComplaints, AreTakenFromDepmodsWarnings) {
  EXPECT_THAT(
      symbol_complaints("depmod: WARNING: /r/lib/modules/K/updates/a.ko needs unknown symbol foo\n"
                        "depmod: WARNING: could not open modules.order\n"
                        "depmod: WARNING: /r/b.ko disagrees about version of symbol bar\n"),
      ElementsAre("/r/lib/modules/K/updates/a.ko needs unknown symbol foo", "/r/b.ko disagrees about version of symbol bar"));
  EXPECT_THAT(symbol_complaints(""), IsEmpty());
}

TEST(FilesToLoad, AreThePathsOfInsmodLinesInOrder) {
  EXPECT_THAT(
      files_to_load("insmod /r/lib/modules/K/kernel/mc.ko \nbuiltin videodev\ninsmod /r/lib/modules/K/updates/v.ko devices=2\n"),
      ElementsAre("/r/lib/modules/K/kernel/mc.ko", "/r/lib/modules/K/updates/v.ko"));
}

TEST(Differences, NameWhatIsLeftLostAndChanged) {
  const TreeState before{{"a", "d"}, {"b", "1"}, {"c", "2"}};
  const TreeState after{{"a", "d"}, {"b", "9"}, {"d", "3"}};
  EXPECT_THAT(differences(before, after), ElementsAre("changed: /b", "lost: /c", "left: /d"));
  EXPECT_THAT(differences(before, before), IsEmpty());
}

}  // namespace
}  // namespace kmpack

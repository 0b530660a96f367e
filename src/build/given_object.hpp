#pragma once

#include <filesystem>

namespace kmpack {

/// Is this `X.o` of a source tree a source itself, one that comes without what it was made from?
///
/// Shape:   yes where no source of its name lies beside it, unless kbuild's record of it (`.X.o.cmd`) says that it was linked of
///          other objects or names a source that is there. What kbuild makes besides (`X.mod.o`, hidden files) never is.
/// Source:  linux scripts/Kbuild.include (if_changed: what has no record is made anew), scripts/basic/fixdep.c (`source_X := `),
///          scripts/mod/sumversion.c (modpost wants the record of each object of a module with a version).
bool is_given_object(const std::filesystem::path& object);

}  // namespace kmpack

#pragma once

#include "kmpack/diagnostic.hpp"
#include "manifest/dkms/dump.hpp"
#include "manifest/dkms/evaluate.hpp"
#include "manifest/dkms/text.hpp"

namespace kmpack {

/// Tells what bash and the conf itself said on stderr while the file was read: a program that is not there, a file that cannot be
/// sourced. dkms shows it among its own lines and goes on.
///
/// Shape:   one warning for each line of the conf that bash complains of, and one for the conf's own words; a few of each.
/// Errors:  warns dkms-conf-said.
/// Threads: safe from many.
void report_dkms_messages(const DkmsDump& dump, const DkmsOrigin& origin, const DkmsPlaces& places, Diagnostics& problems);

}  // namespace kmpack

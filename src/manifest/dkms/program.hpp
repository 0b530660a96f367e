#pragma once

#include <string>

namespace kmpack {

/// The bash program that evaluates a dkms.conf as dkms does and writes on its stdout what came of it.
///
/// Shape:   `bash -O extglob -c PROGRAM dkms NAME=VALUE… -- CONF [OVERRIDE…]`; a line on stdin is given back at the end of the
/// output,
///          so that an output that stops early cannot pass for a whole one. Fields end with NUL:
///            F file                        the evaluation of a file begins
///            W directive index value       as written: the file was evaluated once (all directives, with those of earlier files)
///            O name                        a name that is no directive was set
///            S directive index value       as seen: what was written was evaluated again, all directives after this file
///            M directive index status      0: the pattern matches the kernel's release or architecture, 1: it does not, 2: no
///            pattern X message                     bash cannot read the file; nothing follows Q status                      the
///            file ended the shell; nothing follows E line                        the end
///          A file runs in a child that gives its results to its parent through a pipe: nothing that it defines, redirects or
///          ends can change how the parent writes them down. What it writes into that pipe itself it could as well have set.
/// Source:  facts debian.md sections 1.1, 1.3, 1.4; dkms 3.0.10 safe_source (the second evaluation).
const std::string& dkms_program();

}  // namespace kmpack

#pragma once

#include <string>
#include <vector>

#include "pipeline/report.hpp"
#include "pipeline/request.hpp"

namespace kmpack {

struct LintReport {
  Diagnostics findings;              ///< sorted by file and line; each once
  std::vector<std::string> kernels;  ///< ids of those that dkms.confs were evaluated for
  std::vector<std::string> unseen;   ///< what could not be looked at and why, one line each
  Diagnostics problems;              ///< what kept lint from looking at all
};

/// Read manifests, dkms.confs and Kbuild directories, and say what in them breaks, or means something else than its author
/// thinks.
///
/// Shape:   a dkms.conf is evaluated for the kernels of --flavor (their headers must be on this disk), else for none in
/// particular.
///          Nothing is downloaded and nothing built.
/// Errors:  findings are those of lint_dkms_text(), lint_sources(), lint_in_tree(), read_manifest(), interpret_dkms() and
/// merged_dkms();
///          problems are what read_inputs() and available_kernels() report beside them. Throws Cancelled.
/// Threads: one call for each header store.
LintReport lint(const Request& request, Context& context);

}  // namespace kmpack

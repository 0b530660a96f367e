#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "build/jobserver.hpp"
#include "build/probes.hpp"
#include "cache/result_cache.hpp"
#include "kmpack/kernel.hpp"
#include "package/make.hpp"
#include "pipeline/dkms.hpp"
#include "pipeline/inputs.hpp"
#include "pipeline/kernel_symbols.hpp"
#include "pipeline/output.hpp"
#include "pipeline/request.hpp"
#include "pipeline/reuse.hpp"
#include "pipeline/workspace.hpp"
#include "sign/key.hpp"
#include "sign/openpgp.hpp"

namespace kmpack {

/// What all cells of a run share. Outlives them; members are safe from many threads.
struct Workshop {
  const Request& request;
  CommandRunner& runner;
  const Workspace& workspace;
  const Output& output;
  Jobserver& jobserver;
  const SigningKey* key;                                       ///< null: unsigned
  const OpenPgpKey* package_key;                               ///< null: rpms bear no signature
  std::function<const HeaderTree&(const Kernel&)> headers_of;  ///< opened once for all cells of a kernel
  const DkmsUnread& unread;
  std::function<std::string(const HeaderTree&)> compiler_digest_of;
  std::function<bool(const HeaderTree&)> is_same_compiler;  ///< still what compiler_digest_of() said
  std::shared_ptr<KernelSymbols> symbols;
  std::shared_ptr<ResultCache> results;
  std::map<const Manifest*, ManifestDigests> manifest_digests;
  /// By manifest and distribution; already in the output directory.
  std::map<std::pair<const Manifest*, std::string>, std::vector<PackageFile>> common_packages;
  std::map<std::string, CompatibleBuild> reusable;  ///< by cell: builds of other kernels to take; empty unless asked for
  PackageSettings packing;                          ///< `output` is set for each cell
  std::shared_ptr<Probes> probes;                   ///< null: compilers are asked as plain kbuild does
};

}  // namespace kmpack

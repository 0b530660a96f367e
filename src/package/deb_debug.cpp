#include "package/deb_debug.hpp"

#include <fmt/format.h>

#include <set>
#include <utility>

#include "package/debug_information.hpp"
#include "package/model_parts.hpp"

namespace fs = std::filesystem;

namespace kmpack {

std::optional<PackageModel> debug_symbols_model(const PackageModel& modules, std::span<const SealedModule> sealed) {
  PackageModel model = model_beside(modules, PackageKind::debug_info, "-dbgsym");
  std::set<std::string> ids;
  for (const SealedModule& module : sealed) {
    const std::optional<fs::path> file = debug_file(module);
    if (!file) continue;
    const std::string id = shared_build_id(module, *file);
    // One module under two names has one id, and a debugger asks for the id.
    if (id.empty() || !ids.insert(id).second) continue;
    model.files.push_back({.path = debug_place(id), .source = *file});
  }
  if (ids.empty()) return std::nullopt;
  model.build_ids.assign(ids.begin(), ids.end());
  model.files.push_back({.path = fs::path("/usr/share/doc") / model.name, .link = modules.name});
  model.needs.push_back(exact_relation(modules.name, modules.full_version()));
  model.summary = "debug symbols for " + modules.name;
  model.description.clear();
  model.url.clear();
  sort_files(model);
  return model;
}

}  // namespace kmpack

#include "build/command.hpp"

#include <utility>

#include "base/text.hpp"

namespace kmpack {

CommandNames command_names(const Manifest& manifest) {
  if (manifest.dkms && !manifest.dkms->name.empty()) return {manifest.dkms->name, manifest.dkms->version};
  return {manifest.name.str(), manifest.version};
}

std::string command_text(std::string text, const CommandPlaces& places) {
  text = replaced(std::move(text), "${kernelver}", places.kernelver);
  text = replaced(std::move(text), "${kernel_source_dir}", places.kernel_source_dir);
  text = replaced(std::move(text), "${dkms_tree}", places.dkms_tree);
  text = replaced(std::move(text), "${source_tree}", places.source_tree);
  return replaced(std::move(text), "${build_dir}", places.build_dir);
}

std::map<std::string, std::string> command_variables(const CommandNames& names, const CommandPlaces& places) {
  return {{"kernelver", places.kernelver},
          {"kernel_source_dir", places.kernel_source_dir},
          {"kernel_config", places.kernel_config},
          {"arch", places.arch},
          {"build_dir", places.build_dir},
          {"dkms_tree", places.dkms_tree},
          {"source_tree", places.source_tree},
          {"install_tree", places.install_tree},
          {"module", names.name},
          {"module_version", names.version},
          {"PACKAGE_NAME", names.name},
          {"PACKAGE_VERSION", names.version}};
}

}  // namespace kmpack

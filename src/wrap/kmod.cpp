#include "wrap/kmod.hpp"

#include <fmt/format.h>
#include <libkmod.h>

#include <cerrno>
#include <cstdarg>
#include <filesystem>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "base/owned.hpp"
#include "kmpack/diagnostic.hpp"

namespace kmpack {
namespace {

using Context = Owned<kmod_ctx, kmod_unref>;
using Module = Owned<kmod_module, kmod_module_unref>;
using InfoList = Owned<kmod_list, kmod_module_info_free_list>;

[[noreturn]] void throw_unreadable(const std::filesystem::path& file, int negative_errno) {
  throw Error(Diagnostic{
      .code = "module-unreadable",
      .message = fmt::format("libkmod cannot read {}: {}", file.string(), std::generic_category().message(-negative_errno))});
}

}  // namespace

std::vector<std::pair<std::string, std::string>> kmod_modinfo(const std::filesystem::path& file) {
  const char* const no_configuration = nullptr;
  // The directory is never used: the module is named by its path. It keeps libkmod from asking uname for the running kernel's.
  const Context context(kmod_new("/", &no_configuration));
  if (!context) throw_unreadable(file, -ENOMEM);
  // Its complaints come back as status; nobody but cli prints.
  kmod_set_log_fn(
      context.get(), [](void*, int, const char*, int, const char*, const char*, va_list) {}, nullptr);
  kmod_module* raw_module = nullptr;
  int status = kmod_module_new_from_path(context.get(), file.c_str(), &raw_module);
  if (status < 0) throw_unreadable(file, status);
  const Module module(raw_module);
  kmod_list* raw_list = nullptr;
  status = kmod_module_get_info(module.get(), &raw_list);
  if (status < 0) throw_unreadable(file, status);
  const InfoList list(raw_list);

  std::vector<std::pair<std::string, std::string>> fields;
  kmod_list* entry = nullptr;
  kmod_list_foreach(entry, list.get()) {
    const char* key = kmod_module_info_get_key(entry);
    const char* value = kmod_module_info_get_value(entry);
    fields.emplace_back(key == nullptr ? "" : key, value == nullptr ? "" : value);
  }
  return fields;
}

}  // namespace kmpack

#include "publish/rpm_stock.hpp"

#include <fmt/format.h>

#include <cerrno>

#include "kmpack/diagnostic.hpp"
#include "sys/files.hpp"
#include "wrap/rpm.hpp"

namespace fs = std::filesystem;

namespace kmpack {
namespace {

bool is_hidden(const fs::path& relative) { return relative.filename().native().starts_with('.'); }

/// Sorted, so that messages and copies come in one order everywhere.
std::vector<fs::path> rpms_below(const fs::path& directory) {
  std::vector<fs::path> files;
  for (const TreeEntry& entry : walk(directory, [](const TreeEntry& at) { return is_hidden(at.relative); })) {
    if (entry.type == EntryType::file && entry.relative.extension() == ".rpm") files.push_back(directory / entry.relative);
  }
  return files;
}

StockedRpm read(const fs::path& file, const std::stop_token& stop) {
  if (stop.stop_requested()) throw Cancelled{};
  const RpmHeader header = read_rpm_header(file);
  StockedRpm rpm{.file = file,
                 .content = header.header_digest,
                 .name = header.name,
                 .version = header.version + "-" + header.release,
                 .arch = header.arch,
                 .build_time = header.build_time};
  const std::string epoch = header.epoch.empty() ? "0" : header.epoch;
  rpm.identity = fmt::format("{}-{}:{}.{}", rpm.name, epoch, rpm.version, rpm.arch);
  // By the header: a file's name may say anything.
  rpm.location = fmt::format("{}/{}-{}.{}.rpm", rpm.arch, rpm.name, rpm.version, rpm.arch);
  if (!is_safe_relative(rpm.location)) {
    throw Error(
        {.code = "rpm-unreadable", .message = fmt::format("{} has a name that leads out of a repository", file.string())});
  }
  return rpm;
}

class Shelf {
 public:
  /// False when the same package is there already.
  bool take(const StockedRpm& rpm) {
    const auto [there, is_new] = known_.try_emplace(rpm.identity, rpm);
    if (is_new || there->second.content == rpm.content) return is_new;
    throw Error(
        {.code = "repository-conflict",
         .message = fmt::format("two different packages are {}", rpm.identity),
         .where = {},
         .notes = {there->second.file.string(), rpm.file.string()},
         .hint = "raise the release of the newer one, or remove the other; distributions whose packages have the same names need "
                 "repositories of their own"});
  }

 private:
  std::map<std::string, StockedRpm> known_;
};

}  // namespace

bool has_rpms(const fs::path& directory) { return !rpms_below(directory).empty(); }

std::vector<StockedRpm> read_stock(const fs::path& directory, const std::stop_token& stop) {
  std::vector<StockedRpm> stock;
  Shelf shelf;
  for (const fs::path& file : rpms_below(directory)) {
    StockedRpm rpm = read(file, stop);
    rpm.location = file.lexically_relative(directory).generic_string();
    if (shelf.take(rpm)) stock.push_back(std::move(rpm));
  }
  return stock;
}

std::vector<StockedRpm> choose_incoming(std::span<const fs::path> given, std::span<const StockedRpm> stock,
                                        const std::stop_token& stop) {
  Shelf shelf;
  for (const StockedRpm& rpm : stock) shelf.take(rpm);
  std::vector<StockedRpm> incoming;
  for (const fs::path& path : given) {
    if (!fs::exists(path)) throw_system_error(ENOENT, "cannot read", path);
    for (const fs::path& file : fs::is_directory(path) ? rpms_below(path) : std::vector{path}) {
      StockedRpm rpm = read(file, stop);
      if (shelf.take(rpm)) incoming.push_back(std::move(rpm));
    }
  }
  return incoming;
}

}  // namespace kmpack

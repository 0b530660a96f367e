#include "publish/repodata.hpp"

#include <algorithm>
#include <array>
#include <vector>

#include "kmpack/diagnostic.hpp"
#include "sys/files.hpp"
#include "wrap/rpm_md.hpp"
#include "wrap/rpm_repository.hpp"

namespace fs = std::filesystem;

namespace kmpack {
namespace {

constexpr std::array kSmall{"repomd.xml", "repomd.xml.asc", "repomd.xml.key"};

/// Content, or nothing where there is no such file.
std::optional<std::string> content_of(const fs::path& file) {
  if (!fs::exists(file)) return std::nullopt;
  return read_file(file);
}

bool is_same(const fs::path& left, const fs::path& right) {
  return std::ranges::all_of(kSmall, [&](const char* name) { return content_of(left / name) == content_of(right / name); });
}

/// The lists that the metadata in place names. They are named for their content, so that two generations go together.
void keep_previous(const fs::path& place, const fs::path& fresh) {
  const fs::path index = place / "repomd.xml";
  if (!fs::exists(index)) return;
  std::vector<RpmMdFile> named;
  try {
    named = parse_repomd(read_file(index), index);
  } catch (const Error&) {
    return;  // Damaged: no client can be reading by it.
  }
  for (const RpmMdFile& file : named) {
    const fs::path name = fs::path(file.location).filename();
    if (fs::is_regular_file(place / name) && !fs::exists(fresh / name)) clone_file(place / name, fresh / name);
  }
}

}  // namespace

void write_repodata(const fs::path& directory, std::span<const StockedRpm> stock, const std::optional<OpenPgpKey>& key,
                    std::int64_t time, CommandRunner& runner, const std::stop_token& stop) {
  const fs::path place = directory / "repodata";
  Staged staged(place);
  make_directories(staged.path());
  std::vector<RpmMdSource> sources;
  for (const StockedRpm& rpm : stock) sources.push_back({.file = rpm.file, .location = rpm.location});
  std::ranges::sort(sources, {}, &RpmMdSource::location);
  write_rpm_md(sources, time, staged.path());
  if (key) {
    const fs::path index = staged.path() / "repomd.xml";
    sign_detached(*key, index, staged.path() / "repomd.xml.asc", time, runner, stop);
    write_file(staged.path() / "repomd.xml.key", export_openpgp_key(*key, runner, stop));
  }
  if (is_same(place, staged.path())) return;
  keep_previous(place, staged.path());
  staged.publish();
}

}  // namespace kmpack

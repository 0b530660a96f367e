#include "pipeline/times.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <numeric>
#include <optional>

#include "sys/files.hpp"

namespace fs = std::filesystem;
using std::chrono::milliseconds;

namespace kmpack {
namespace {

using Json = nlohmann::ordered_json;
constexpr int kSchema = 1;
/// Of a module nobody has built yet. Only how it compares with others matters: they have the same guess, or a time of their own.
constexpr milliseconds kGuess(1000);

fs::path times_file(const fs::path& workspace) { return workspace / "times.json"; }

template <class Times>
std::optional<milliseconds> average(const Times& times) {
  if (times.empty()) return std::nullopt;
  const auto sum = std::accumulate(times.begin(), times.end(), milliseconds(0),
                                   [](milliseconds all, const auto& of) { return all + of.second; });
  return sum / static_cast<std::int64_t>(times.size());
}

milliseconds guess(const Cell& cell) {
  return kGuess * static_cast<std::int64_t>(std::max<std::size_t>(cell.manifest->modules.size(), 1));
}

}  // namespace

CellTimes CellTimes::read(const fs::path& workspace) {
  CellTimes times;
  std::error_code unseen;
  if (!fs::is_regular_file(times_file(workspace), unseen)) return times;
  try {
    const Json json = Json::parse(read_file(times_file(workspace)));
    if (json.at("schema") != kSchema) return times;
    for (const auto& [package, kernels] : json.at("packages").get<std::map<std::string, Json>>()) {
      for (const auto& [kernel, took] : kernels.get<std::map<std::string, std::int64_t>>())
        times.packages_[package][kernel] = milliseconds(took);
    }
  } catch (const Json::exception&) {
    return {};  // as good as absent
  } catch (const Error&) {
    return {};
  }
  return times;
}

std::vector<milliseconds> CellTimes::expected(std::span<const Cell> cells) const {
  std::map<std::string_view, std::optional<milliseconds>> averages;
  for (const auto& [package, times] : packages_) averages.emplace(package, average(times));
  std::vector<milliseconds> all;
  all.reserve(cells.size());
  for (const Cell& cell : cells) {
    const auto package = packages_.find(cell.manifest->name.str());
    if (package == packages_.end()) {
      all.push_back(guess(cell));
      continue;
    }
    const auto known = package->second.find(cell.kernel->id());
    all.push_back(known != package->second.end() ? known->second : averages[package->first].value_or(guess(cell)));
  }
  return all;
}

void CellTimes::learn(std::span<const Outcome> outcomes) {
  for (const Outcome& outcome : outcomes) {
    if (outcome.build.count() == 0) continue;
    milliseconds& known = packages_[outcome.cell.manifest->name.str()][outcome.cell.kernel->id()];
    is_changed_ = is_changed_ || known != outcome.build;
    known = outcome.build;
  }
}

void CellTimes::write(const fs::path& workspace) const noexcept {
  if (!is_changed_) return;
  try {
    Json json{{"schema", kSchema}, {"packages", Json::object()}};
    for (const auto& [package, times] : packages_) {
      Json& kernels = json["packages"][package] = Json::object();
      for (const auto& [kernel, took] : times) kernels[kernel] = took.count();
    }
    write_file(times_file(workspace), json.dump(1, ' ', false, Json::error_handler_t::replace) + "\n");
  } catch (const std::exception&) {
    return;  // a full disk, or no permission: the next run guesses
  }
}

}  // namespace kmpack

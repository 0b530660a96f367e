#include "sys/confine.hpp"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include "kmpack/diagnostic.hpp"

namespace fs = std::filesystem;

namespace kmpack {
namespace {

/// What every program may write in.
constexpr const char* kPrivate[] = {"/tmp", "/var/tmp", "/run"};

/// What programs need of a machine. Everything else at the top of its file system holds what people and services of it have.
constexpr const char* kNeeded[] = {"bin",    "dev", "etc", "gnu",  "lib",  "lib32", "lib64",
                                   "libx32", "nix", "opt", "proc", "sbin", "sys",   "usr"};

/// Mount points take next to nothing.
constexpr std::uint64_t kRoomForNames = std::uint64_t{1} << 20;

constexpr const char* kAlways[] = {"--unshare-net",     "--unshare-pid", "--unshare-ipc", "--unshare-uts",
                                   "--die-with-parent", "--new-session", "--cap-drop",    "ALL"};

enum class Kind { empty, room, link, read_only, writable };

/// One thing to be mounted. Sorted, what lies below another one comes after it.
struct Mount {
  fs::path at;
  Kind kind = Kind::read_only;
  fs::path from;

  bool operator<(const Mount& other) const { return at != other.at ? at < other.at : kind < other.kind; }
};

bool is_below(const fs::path& path, const fs::path& directory) {
  return std::mismatch(directory.begin(), directory.end(), path.begin(), path.end()).first == directory.end();
}

bool is_below_any(const fs::path& path, const std::vector<fs::path>& directories) {
  return std::ranges::any_of(directories, [&](const fs::path& directory) { return is_below(path, directory); });
}

bool is_there(const fs::path& path) {
  std::error_code unseen;
  return fs::exists(fs::symlink_status(path, unseen));
}

/// bwrap makes no mount point behind a link of the root: /lib/modules is usr/lib/modules on most.
fs::path real(const fs::path& path) {
  std::error_code failed;
  fs::path found = fs::weakly_canonical(path, failed);
  if (failed) found = path.lexically_normal();
  return found.has_filename() ? found : found.parent_path();
}

std::vector<fs::path> real(const std::vector<fs::path>& paths) {
  std::vector<fs::path> all;
  all.reserve(paths.size());
  for (const fs::path& path : paths) all.push_back(real(path));
  return all;
}

class View {
 public:
  View(const Confinement& confinement, const fs::path& directory)
      : writable_(real(confinement.writable)), readable_(real(confinement.readable)), room_(confinement.room) {
    hide_what_is_not_needed();
    for (const char* path : kPrivate) add_empty(real(fs::path(path)), Kind::room);
    for (const fs::path& path : confinement.emptied) add_empty(real(path), Kind::empty);
    if (!confinement.start.empty()) {
      if (!is_there(confinement.start)) make_room_for(confinement.start);
      mounts_.push_back({confinement.start, Kind::empty, {}});
    }
    const bool is_shown = directory.empty() || !confinement.start.empty() || is_below_any(real(directory), writable_);
    if (!is_shown) readable_.push_back(real(directory));
    for (const fs::path& path : readable_) add(path, path);
    for (const fs::path& path : writable_) add(path, path);
    for (const Confinement::Shown& shown : confinement.shown) add(real(shown.from), place_of(shown.at));
  }

  std::vector<std::string> arguments() {
    const std::string room = std::to_string(room_);
    std::vector<std::string> all{"--ro-bind", "/", "/", "--dev", "/dev", "--size", room, "--tmpfs", "/dev/shm"};
    all.insert(all.end(), {"--remount-ro", "/dev", "--proc", "/proc"});
    std::sort(mounts_.begin(), mounts_.end());
    for (const Mount& mount : mounts_) {
      switch (mount.kind) {
        case Kind::empty:
          all.insert(all.end(), {"--size", std::to_string(kRoomForNames), "--tmpfs", mount.at});
          break;
        case Kind::room:
          all.insert(all.end(), {"--size", room, "--tmpfs", mount.at});
          break;
        case Kind::link:
          all.insert(all.end(), {"--symlink", mount.from, mount.at});
          break;
        case Kind::read_only:
          all.insert(all.end(), {"--ro-bind", mount.from, mount.at});
          break;
        case Kind::writable:
          all.insert(all.end(), {"--bind", mount.from, mount.at});
          break;
      }
    }
    // Once everything in them has its place.
    for (const Mount& mount : mounts_) {
      if (mount.kind == Kind::empty) all.insert(all.end(), {"--remount-ro", mount.at});
    }
    return all;
  }

 private:
  void hide_what_is_not_needed() {
    std::error_code unseen;
    for (const fs::directory_entry& entry : fs::directory_iterator("/", unseen)) {
      const std::string name = entry.path().filename().string();
      if (std::ranges::find(kNeeded, name) != std::end(kNeeded) || entry.is_symlink(unseen) || !entry.is_directory(unseen))
        continue;
      const bool bare = fs::is_empty(entry.path(), unseen);
      if (unseen || !bare) add_empty(entry.path(), Kind::empty);
    }
  }

  void add_empty(const fs::path& path, Kind kind) {
    if (is_empty(path) && kind != Kind::room) return;
    if (!is_there(path)) make_room_for(path);
    empty_.push_back(path);
    std::erase_if(mounts_, [&](const Mount& mount) { return mount.at == path; });
    mounts_.push_back({path, kind, {}});
  }

  void add(const fs::path& from, const fs::path& at) {
    if (!is_there(from)) return;
    if (!is_there(at)) make_room_for(at);
    mounts_.push_back({at, is_below_any(from, writable_) ? Kind::writable : Kind::read_only, from});
  }

  /// Where a mount for this path goes. A link that the child will not find must not be followed.
  [[nodiscard]] fs::path place_of(const fs::path& path) const {
    fs::path place = real(path.parent_path()) / path.filename();
    return is_empty(place) ? place : real(path);
  }

  /// Will the child find nothing at this path before anything is put there?
  [[nodiscard]] bool is_empty(const fs::path& path) const {
    const auto deepest = [&](const std::vector<fs::path>& directories) {
      std::size_t length = 0;
      for (const fs::path& directory : directories) {
        if (is_below(path, directory)) length = std::max(length, directory.native().size());
      }
      return length;
    };
    return deepest(empty_) > deepest(put_back_);
  }

  /// A mount point can be made in an empty directory only, since all others are read-only: so the nearest directory that is there
  /// becomes an empty one with everything that it had put back.
  void make_room_for(const fs::path& path) {
    fs::path parent = path.parent_path();
    while (!is_there(parent) && !is_empty(parent)) parent = parent.parent_path();
    if (is_empty(parent) || parent == "/") return;
    empty_.push_back(parent);
    mounts_.push_back({parent, Kind::empty, {}});
    std::error_code unseen;
    for (const auto& entry : fs::directory_iterator(parent, unseen)) {
      put_back_.push_back(entry.path());
      if (entry.is_symlink(unseen)) {
        mounts_.push_back({entry.path(), Kind::link, fs::read_symlink(entry.path(), unseen)});
      } else {
        mounts_.push_back({entry.path(), Kind::read_only, entry.path()});
      }
    }
  }

  std::vector<fs::path> writable_;
  std::vector<fs::path> readable_;
  std::vector<fs::path> empty_;
  std::vector<fs::path> put_back_;
  std::uint64_t room_;
  std::vector<Mount> mounts_;
};

bool try_confining(CommandRunner& runner, const std::stop_token& stop) {
  const auto bwrap = find_program("bwrap");
  if (!bwrap) return false;
  Command command;
  command.program = *bwrap;
  command.args = View({}, {}).arguments();
  command.args.insert(command.args.end(), std::begin(kAlways), std::end(kAlways));
  command.args.insert(command.args.end(), {"--", "true"});
  command.environment = scrubbed_environment(0);
  for (const auto limit : {std::chrono::seconds(20), std::chrono::seconds(60)}) {
    command.limit = limit;
    const Completed completed = runner.run(command, stop);
    if (!completed.timed_out) return completed.ok();
  }
  throw Error({.code = "confinement-unknown",
               .message = "it takes this machine too long to say whether it can confine what a build runs",
               .where = {},
               .notes = {"tried, for 20 s and for 60 s: " + to_shell(command)},
               .hint = "try again when the machine is less busy"});
}

/// For those who would rather have nothing than run it unconfined: as root, on machines that build what strangers send.
bool is_demanded() {
  const char* const wish = std::getenv("KMPACK_CONFINE");
  return wish != nullptr && std::string_view(wish) == "must";
}

}  // namespace

bool is_confining(CommandRunner& runner, std::stop_token stop) {
  static std::mutex mutex;
  static std::optional<bool> answer;
  const std::lock_guard lock(mutex);
  if (!answer) answer = try_confining(runner, stop);
  if (!*answer && is_demanded()) {
    throw Error({.code = "confinement-missing",
                 .message = "KMPACK_CONFINE says that shell text must be confined, and this machine cannot confine it",
                 .where = {},
                 .notes = {"bubblewrap 0.7 or later is not installed, or this machine lets users make no namespaces"},
                 .hint = "install bubblewrap, and let users make namespaces (`kmpack doctor` says what is missing)"});
  }
  return *answer;
}

Command confined(Command command, const Confinement& confinement, CommandRunner& runner, std::stop_token stop) {
  if (!is_confining(runner, std::move(stop))) return command;
  std::vector<std::string> arguments = View(confinement, command.directory).arguments();
  arguments.insert(arguments.end(), std::begin(kAlways), std::end(kAlways));
  const fs::path start = confinement.start.empty() ? real(command.directory) : confinement.start;
  if (!command.directory.empty() || !confinement.start.empty()) arguments.insert(arguments.end(), {"--chdir", start});
  arguments.insert(arguments.end(), {"--", command.program});
  arguments.insert(arguments.end(), command.args.begin(), command.args.end());
  command.program = find_program("bwrap")->string();
  command.args = std::move(arguments);
  return command;
}

}  // namespace kmpack

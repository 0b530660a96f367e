#include "deb_scripts_walk.hpp"

namespace kmpack::test {

Walk::Walk(Packing& packing, Settings settings)
    : packing_(packing), settings_(std::move(settings)), root_(fast_.path() / "root", settings_.means, packing.runner) {
  for (const std::string& release : settings_.releases) sides_.push_back(make_side(release));
  before_ = root_.files();
}

std::size_t Walk::every_order() {
  std::map<State, std::map<std::size_t, State>> known;
  State now = state();
  while (!::testing::Test::HasFailure()) {
    const std::optional<std::vector<std::size_t>> way = way_to_untried(known, now);
    if (!way) return steps_;
    for (const std::size_t step : *way) {
      take(step);
      State next = state();
      known[now][step] = next;
      now = std::move(next);
      if (::testing::Test::HasFailure()) break;
    }
  }
  return 0;
}

Walk::Side Walk::make_side(const std::string& release) {
  SampleCell& sample = packing_.sample;
  Side side{.release = release};
  side.kernel_file = kernel_deb(packing_.place.path(), release, settings_.ways).string();
  sample.kernel.release = KernelRelease{release};
  sample.kernel.rules.modules_root = settings_.ways.modules_root;
  sample.kernel.rules.deb.trigger = settings_.ways.trigger;
  sample.manifest.install.initramfs = Initramfs::yes;
  const auto made = [&](const char* version, const std::string& other) {
    sample.manifest.version = version;
    sample.modules.clear();
    for (const std::string& name : {std::string("hello"), other}) {
      sample.add_module(name);
      write_file(sample.modules.back().file,
                 FakeModule{}.modinfo({"license=GPL", "name=" + name, "vermagic=" + release, "depends="}).bytes());
    }
    return packing_.pack(Format::deb).at(0);
  };
  const PackageFile older = made("1.0", "hello-old"), newer = made("2.0", "hello-new");
  side.old_file = older.path.string(), side.old_version = older.version;
  side.new_file = newer.path.string(), side.new_version = newer.version;
  return side;
}

bool Walk::there(const std::string& package) const {
  return !root_.status(package).empty() && root_.status(package) != "removed";
}

bool Walk::possible(std::size_t step) const {
  const Side& side = sides_[step / kWhats];
  switch (static_cast<What>(step % kWhats)) {
    case What::remove_kernel:
      return there(side.kernel);
    case What::purge_kernel:
      return !root_.status(side.kernel).empty();
    case What::remove_driver:
      return there(side.driver);
    case What::purge_driver:
      return !root_.status(side.driver).empty();
    case What::purge_both:
      return there(side.kernel) && there(side.driver);
    default:
      return true;
  }
}

Walk::State Walk::state() {
  State state;
  for (const Side& side : sides_) state.insert(state.end(), {root_.status(side.kernel), root_.status(side.driver)});
  for (std::string& file : root_.files()) {
    if (!std::ranges::binary_search(before_, file)) state.push_back(std::move(file));
  }
  seen_.insert(state);
  return state;
}

std::optional<std::vector<std::size_t>> Walk::way_to_untried(std::map<State, std::map<std::size_t, State>>& known,
                                                             const State& from) {
  std::deque<std::pair<State, std::vector<std::size_t>>> queue{{from, {}}};
  std::set<State> visited{from};
  while (!queue.empty()) {
    auto [state, way] = std::move(queue.front());
    queue.pop_front();
    auto& [tried, options] = options_[state];
    if (!tried && way.empty()) {
      tried = true;
      for (std::size_t step = 0; step < sides_.size() * kWhats; ++step) {
        if (possible(step)) options.push_back(step);
      }
    }
    std::map<std::size_t, State>& next = known[state];
    for (const std::size_t step : options) {
      if (!next.contains(step)) {
        way.push_back(step);
        return way;
      }
    }
    for (const auto& [step, target] : next) {
      if (!visited.insert(target).second) continue;
      std::vector<std::size_t> longer = way;
      longer.push_back(step);
      queue.emplace_back(target, std::move(longer));
    }
  }
  return std::nullopt;
}

void Walk::take(std::size_t step) {
  const Side& side = sides_[step / kWhats];
  std::vector<std::string> args;
  switch (static_cast<What>(step % kWhats)) {
    case What::add_kernel:
      args = {"--install", side.kernel_file};
      break;
    case What::remove_kernel:
      args = {"--remove", side.kernel};
      break;
    case What::purge_kernel:
      args = {"--purge", side.kernel};
      break;
    case What::add_old:
      args = {"--install", side.old_file};
      break;
    case What::add_new:
      args = {"--install", side.new_file};
      break;
    case What::remove_driver:
      args = {"--remove", side.driver};
      break;
    case What::purge_driver:
      args = {"--purge", side.driver};
      break;
    case What::add_both:
      args = {"--install", side.new_file, side.kernel_file};
      break;
    case What::purge_both:
      args = {"--purge", side.kernel, side.driver};
      break;
  }
  const bool kernel_was = there(side.kernel), driver_was = there(side.driver);
  const std::vector<std::string> files_were = root_.files();
  ++steps_;
  history_.push_back(args[0] + " " + std::filesystem::path(args[1]).stem().string() + (args.size() > 2 ? " and the other" : ""));
  if (history_.size() > 12) history_.pop_front();
  const Completed done = root_.dpkg(args);
  std::string trace = "the last steps:\n";
  for (const std::string& line : history_) trace += "  " + line + "\n";
  SCOPED_TRACE(trace + done.tail);
  EXPECT_TRUE(done.ok());
  EXPECT_EQ(done.tail.find("depmod:"), std::string::npos) << "depmod complained";
  EXPECT_EQ(done.tail.find(" failed"), std::string::npos);
  for (const Side& each : sides_) holds(each);
  for (const Side& other : sides_) {
    if (other.release == side.release) continue;
    EXPECT_EQ(below(other, files_were), below(other, root_.files()));
  }
  EXPECT_EQ(root_.calls(), expected_calls(side, static_cast<What>(step % kWhats), kernel_was, driver_was));
}

std::vector<std::string> Walk::below(const Side& side, const std::vector<std::string>& files) {
  std::vector<std::string> found;
  for (const std::string& file : files) {
    if (file.find(side.release) != std::string::npos) found.push_back(file);
  }
  return found;
}

void Walk::holds(const Side& side) {
  const bool kernel = there(side.kernel), driver = there(side.driver);
  const std::filesystem::path place = root_.path() / settings_.ways.modules_root.relative_path() / side.release;
  std::vector<std::string> modules;
  if (driver)
    modules = {"hello/hello.ko", root_.status(side.driver) == side.old_version ? "hello/hello-old.ko" : "hello/hello-new.ko"};
  std::ranges::sort(modules);
  for (const std::string& module : modules) EXPECT_TRUE(std::filesystem::exists(place / "updates" / module)) << module;
  if (kernel) {
    EXPECT_EQ(indexed(place / "modules.dep", "updates/", ":"), modules) << "the index of " << side.release;
    if (settings_.means != RootMeans::chrootless) {
      EXPECT_EQ(indexed(root_.path() / ("boot/initrd.img-" + side.release), "", ""), modules) << "the initramfs";
    }
  } else {
    EXPECT_FALSE(std::filesystem::exists(root_.path() / ("boot/initrd.img-" + side.release)));
    // A kernel that was not purged may keep its index, as Debian's do.
    const bool purged = root_.status(side.kernel).empty();
    EXPECT_FALSE(purged && std::filesystem::exists(place / "modules.dep")) << "an index without its kernel";
    EXPECT_FALSE(purged && !driver && std::filesystem::exists(place)) << "left behind";
  }
  EXPECT_FALSE(std::filesystem::exists(root_.path() / "usr/lib/linux/triggers" / side.release)) << "hooks that nobody ran";
  const auto gone = [&](const Side& each) { return root_.status(each.kernel).empty() && !there(each.driver); };
  EXPECT_TRUE(!std::ranges::all_of(sides_, gone) || root_.files() == before_) << "left behind";
}

std::vector<std::string> Walk::indexed(const std::filesystem::path& file, const std::string& prefix, const std::string& end) {
  std::vector<std::string> found;
  if (!std::filesystem::exists(file)) return {"there is no " + file.filename().string()};
  const std::string text = read_file(file);
  for (const std::string_view line : split(text, '\n')) {
    if (line.empty() || !line.starts_with(prefix)) continue;
    found.emplace_back(line.substr(prefix.size(), end.empty() ? line.npos : line.find(end) - prefix.size()));
  }
  std::ranges::sort(found);
  return found;
}

std::vector<std::string> Walk::expected_calls(const Side& side, What what, bool kernel_was, bool driver_was) const {
  if (settings_.means == RootMeans::chrootless) return {};
  const std::string create = "-c -k " + side.release, update = "-u -k " + side.release, remove = "-d -k " + side.release;
  const bool hooks = !settings_.ways.trigger.empty();
  switch (what) {
    case What::add_kernel:
      return {create};
    case What::remove_kernel:
    case What::purge_kernel:
      return kernel_was ? std::vector{remove} : std::vector<std::string>{};
    case What::add_old:
    case What::add_new:
      return !kernel_was ? std::vector<std::string>{} : hooks ? std::vector{create} : std::vector{update};
    case What::remove_driver:
    case What::purge_driver:
      return kernel_was && driver_was ? std::vector{update} : std::vector<std::string>{};
    case What::add_both:
      // The kernel's hooks run once for both.
      return hooks ? std::vector{create} : std::vector{create, update};
    case What::purge_both:
      // dpkg takes the driver first, and its script cannot know what else goes.
      return {update, remove};
  }
  return {};
}

}  // namespace kmpack::test

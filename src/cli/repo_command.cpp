#include <chrono>

#include "cli/commands.hpp"
#include "cli/json.hpp"
#include "cli/words_of.hpp"
#include "publish/publish.hpp"
#include "sys/epoch.hpp"

namespace kmpack {
namespace {

std::int64_t time_now() {
  return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()).time_since_epoch().count();
}

std::string text_of(const PublishedRepository& repository) {
  std::string text;
  for (const PublishedPackage& package : repository.packages)
    text += std::string{word_of(package.arrival)} + "  " + printable(package.path.string()) + "\n";
  return text;
}

void tell_clients(const Work& work, const Published& published) {
  const PublishedRepository& any = published.rpm_md ? *published.rpm_md : *published.apt;
  work.console.say(any.signed_by.empty() ? "the repository is UNSIGNED: clients cannot check it"
                                         : "signed by " + printable(any.signed_by));
  if (published.rpm_md) {
    const std::string file = published.rpm_md->client_files.front().string();
    work.console.say("dnf: copy " + file + " to /etc/yum.repos.d; zypper: zypper addrepo " + file);
  }
  if (!published.apt) return;
  for (const std::filesystem::path& file : published.apt->client_files)
    work.console.say("apt: copy " + file.string() + " to /etc/apt/sources.list.d, then apt-get update");
}

}  // namespace

int run_repo(const Work& work) {
  const Options& options = work.options;
  DebRequest request{.common = {.directory = options.repo.directory,
                                .packages = options.files,
                                .key = {},
                                .url = options.repo.url,
                                .name = options.repo.name},
                     .suite = options.repo.suite,
                     .component = options.repo.component,
                     .valid_days = options.repo.valid_days,
                     // The user's time, or now: a client takes no list that is older than the one it has.
                     .now = source_date_epoch().value_or(time_now()),
                     .clock = time_now()};
  if (!options.gpg_key.empty()) request.common.key = find_openpgp_key(options.gpg_key, work.runner, work.stop);
  const Published published = publish_packages(request, work.runner, work.stop);
  if (work.console.json()) {
    work.console.answer(to_json(published));
    return 0;
  }
  for (const auto& repository : {published.rpm_md, published.apt}) {
    if (repository) work.console.answer(text_of(*repository));
  }
  tell_clients(work, published);
  return 0;
}

}  // namespace kmpack

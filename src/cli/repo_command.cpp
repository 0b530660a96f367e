#include "cli/commands.hpp"
#include "cli/json.hpp"
#include "cli/words_of.hpp"
#include "publish/rpm_repository.hpp"

namespace kmpack {
namespace {

std::string text_of(const PublishedRepository& repository) {
  std::string text;
  for (const PublishedPackage& package : repository.packages)
    text += std::string{word_of(package.arrival)} + "  " + printable(package.path.string()) + "\n";
  return text;
}

}  // namespace

int run_repo(const Work& work) {
  const Options& options = work.options;
  RepositoryRequest request{.directory = options.repo.directory,
                            .packages = options.files,
                            .key = {},
                            .url = options.repo.url,
                            .name = options.repo.name};
  if (!options.gpg_key.empty()) request.key = find_openpgp_key(options.gpg_key, work.runner, work.stop);
  const PublishedRepository repository = publish_rpms(request, work.runner, work.stop);
  if (work.console.json()) {
    work.console.answer(to_json(repository));
    return 0;
  }
  work.console.answer(text_of(repository));
  work.console.say(repository.signed_by.empty() ? "the repository is UNSIGNED: clients cannot check it"
                                                : "signed by " + printable(repository.signed_by));
  work.console.say("dnf: copy " + repository.client_files.front().string() + " to /etc/yum.repos.d; zypper: zypper addrepo " +
                   repository.client_files.front().string());
  return 0;
}

}  // namespace kmpack

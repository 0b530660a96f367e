#include <algorithm>

#include "cli/json.hpp"
#include "cli/json_values.hpp"
#include "cli/words_of.hpp"

namespace kmpack {
namespace {

void add_packages(Json& all, const PublishedRepository& repository) {
  for (const PublishedPackage& package : repository.packages) {
    all.push_back(Json{{"path", package.path.native()},
                       {"name", package.name},
                       {"version", package.version},
                       {"arch", package.arch},
                       {"status", word_of(package.arrival)}});
  }
}

}  // namespace

std::string to_json(const Published& published) {
  const PublishedRepository& any = published.rpm_md ? *published.rpm_md : *published.apt;
  Json answer{{"schema", 1}};
  answer["directory"] = any.directory.native();
  answer["repo_file"] = published.rpm_md ? Json(published.rpm_md->client_files.front().native()) : Json(nullptr);
  answer["sources_files"] = Json::array();
  if (published.apt) {
    for (const std::filesystem::path& file : published.apt->client_files) answer["sources_files"].push_back(file.native());
  }
  answer["url"] = any.url;
  answer["revision"] = std::max(published.rpm_md ? published.rpm_md->revision : 0, published.apt ? published.apt->revision : 0);
  answer["signed_by"] = text_or_null(any.signed_by);
  answer["fingerprint"] = text_or_null(any.fingerprint);
  answer["packages"] = Json::array();
  if (published.rpm_md) add_packages(answer["packages"], *published.rpm_md);
  if (published.apt) add_packages(answer["packages"], *published.apt);
  return rendered(answer);
}

}  // namespace kmpack

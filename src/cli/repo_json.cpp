#include <algorithm>
#include <nlohmann/json.hpp>

#include "cli/json.hpp"
#include "cli/words_of.hpp"

namespace kmpack {
namespace {

using Json = nlohmann::ordered_json;

Json text_or_null(const std::string& text) { return text.empty() ? Json(nullptr) : Json(text); }

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
  // Names of files are bytes; an answer must be JSON whatever they are.
  return answer.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace kmpack

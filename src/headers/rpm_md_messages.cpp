#include "headers/rpm_md_messages.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "kmpack/diagnostic.hpp"
#include "sys/files.hpp"

namespace fs = std::filesystem;
using nlohmann::json;

namespace kmpack {
namespace {

template <class Read>
auto read_message(const fs::path& file, Read&& read) {
  const std::string text = read_file(file);
  try {
    return read(json::parse(text));
  } catch (const json::exception& error) {
    throw Error({.code = "rpm-md-failed",
                 .message = fmt::format("{} cannot be read: {}", file.string(), error.what()),
                 .where = {},
                 .notes = {},
                 .hint = "remove it and try again"});
  }
}

json to_json(const RpmPackage& package) {
  json requirements = json::array();
  for (const RpmRelation& relation : package.facts.requires_)
    requirements.push_back({relation.name, relation.compare, relation.version});
  const RpmMdPackage& facts = package.facts;
  return {facts.name, facts.arch, facts.epoch, facts.version, facts.release, facts.digest, facts.size, package.url, requirements};
}

RpmPackage package_from(const json& message) {
  RpmPackage package{.facts = {.name = message.at(0),
                               .arch = message.at(1),
                               .epoch = message.at(2),
                               .version = message.at(3),
                               .release = message.at(4),
                               .digest = message.at(5),
                               .size = message.at(6)},
                     .url = message.at(7)};
  for (const json& relation : message.at(8))
    package.facts.requires_.push_back({.name = relation.at(0), .compare = relation.at(1), .version = relation.at(2)});
  return package;
}

}  // namespace

void write_rpm_md_request(const fs::path& file, const RpmMdRequest& request) {
  json downloads = json::array();
  for (const RpmDownload& wanted : request.downloads)
    downloads.push_back({wanted.url, wanted.digest, wanted.size, wanted.file.string()});
  const json message = {{"url", request.url},
                        {"kind", request.kind},
                        {"key", request.key.string()},
                        {"state", request.state.string()},
                        {"update", request.update},
                        {"names", request.names},
                        {"prefixes", request.prefixes},
                        {"downloads", downloads},
                        {"answer", request.answer.string()}};
  write_file(file, message.dump());
}

RpmMdRequest read_rpm_md_request(const fs::path& file) {
  return read_message(file, [](const json& message) {
    RpmMdRequest request{.url = message.at("url"),
                         .kind = message.at("kind"),
                         .key = message.at("key").get<std::string>(),
                         .state = message.at("state").get<std::string>(),
                         .update = message.at("update"),
                         .names = message.at("names"),
                         .prefixes = message.at("prefixes"),
                         .downloads = {},
                         .answer = message.at("answer").get<std::string>()};
    for (const json& wanted : message.at("downloads")) {
      request.downloads.push_back(
          {.url = wanted.at(0), .digest = wanted.at(1), .size = wanted.at(2), .file = wanted.at(3).get<std::string>()});
    }
    return request;
  });
}

void write_rpm_md_answer(const fs::path& file, const RpmMdAnswer& answer) {
  json packages = json::array();
  for (const RpmPackage& package : answer.packages) packages.push_back(to_json(package));
  json failures = json::array();
  for (const RpmFailure& failure : answer.failures) failures.push_back({failure.source, failure.reason, failure.kind});
  const json message = {{"schema", 1}, {"key", answer.key}, {"packages", packages}, {"failures", failures}};
  // Texts come from outside; what is no UTF-8 in them is replaced, not fatal.
  write_file(file, message.dump(-1, ' ', false, json::error_handler_t::replace));
}

RpmMdAnswer read_rpm_md_answer(const fs::path& file) {
  return read_message(file, [](const json& message) {
    RpmMdAnswer answer{.key = message.at("key"), .packages = {}, .failures = {}};
    for (const json& package : message.at("packages")) answer.packages.push_back(package_from(package));
    for (const json& failure : message.at("failures"))
      answer.failures.push_back({.source = failure.at(0), .reason = failure.at(1), .kind = failure.at(2)});
    return answer;
  });
}

}  // namespace kmpack

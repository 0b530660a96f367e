#include "headers/apt_messages.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "kmpack/diagnostic.hpp"
#include "sys/files.hpp"

namespace fs = std::filesystem;
using nlohmann::json;

namespace kmpack {
namespace {

/// Whatever is not as these functions write it: another version of kmpack, or a damaged cache.
template <class Read>
auto read_message(const fs::path& file, Read&& read) {
  const std::string text = read_file(file);
  try {
    return read(json::parse(text));
  } catch (const json::exception& error) {
    throw Error({.code = "apt-failed",
                 .message = fmt::format("{} cannot be read: {}", file.string(), error.what()),
                 .where = {},
                 .notes = {},
                 .hint = "remove it and try again"});
  }
}

}  // namespace

void write_apt_request(const fs::path& file, const AptRequest& request) {
  json downloads = json::array();
  for (const AptDownload& wanted : request.downloads) {
    downloads.push_back({wanted.url, wanted.sha256, wanted.size, wanted.file.string()});
  }
  const json message = {{"etc", request.places.etc.string()},
                        {"state", request.places.state.string()},
                        {"lists", request.places.lists.string()},
                        {"architectures", request.places.architectures},
                        {"update", request.update},
                        {"prefixes", request.prefixes},
                        {"downloads", downloads},
                        {"answer", request.answer.string()}};
  write_file(file, message.dump());
}

AptRequest read_apt_request(const fs::path& file) {
  return read_message(file, [](const json& message) {
    AptRequest request{.places = {.etc = message.at("etc").get<std::string>(),
                                  .state = message.at("state").get<std::string>(),
                                  .lists = message.at("lists").get<std::string>(),
                                  .architectures = message.at("architectures")},
                       .update = message.at("update"),
                       .prefixes = message.at("prefixes"),
                       .downloads = {},
                       .answer = message.at("answer").get<std::string>()};
    for (const json& wanted : message.at("downloads")) {
      request.downloads.push_back(
          {.url = wanted.at(0), .sha256 = wanted.at(1), .size = wanted.at(2), .file = wanted.at(3).get<std::string>()});
    }
    return request;
  });
}

void write_apt_answer(const fs::path& file, const AptAnswer& answer) {
  json packages = json::array();
  for (const AptPackage& package : answer.packages) {
    packages.push_back({package.name, package.version, package.arch, package.depends, package.url, package.sha256, package.size,
                        package.origin, package.codename});
  }
  json failures = json::array();
  for (const AptFailure& failure : answer.failures) failures.push_back({failure.source, failure.reason, failure.kind});
  const json message = {{"schema", 1}, {"key", answer.key}, {"packages", packages}, {"failures", failures}};
  // Addresses and texts come from outside; what is no UTF-8 in them is replaced, not fatal.
  write_file(file, message.dump(-1, ' ', false, json::error_handler_t::replace));
}

AptAnswer read_apt_answer(const fs::path& file) {
  return read_message(file, [](const json& message) {
    AptAnswer answer{.key = message.at("key"), .packages = {}, .failures = {}};
    for (const json& package : message.at("packages")) {
      answer.packages.push_back({.name = package.at(0),
                                 .version = package.at(1),
                                 .arch = package.at(2),
                                 .depends = package.at(3),
                                 .url = package.at(4),
                                 .sha256 = package.at(5),
                                 .size = package.at(6),
                                 .origin = package.at(7),
                                 .codename = package.at(8)});
    }
    for (const json& failure : message.at("failures")) {
      answer.failures.push_back({.source = failure.at(0), .reason = failure.at(1), .kind = failure.at(2)});
    }
    return answer;
  });
}

}  // namespace kmpack

#include <nlohmann/json.hpp>

#include "cli/json.hpp"

namespace kmpack {

std::string to_json(const KeyFiles& files, const Certificate& certificate) {
  using Json = nlohmann::ordered_json;
  const Json answer{{"schema", 1},
                    {"key", files.key.native()},
                    {"certificate", files.certificate.native()},
                    {"der", files.der.native()},
                    {"common_name", certificate.common_name()},
                    {"serial", certificate.serial()}};
  return answer.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace kmpack

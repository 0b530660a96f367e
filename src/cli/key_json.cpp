#include "cli/json.hpp"
#include "cli/json_values.hpp"

namespace kmpack {

std::string to_json(const KeyFiles& files, const Certificate& certificate) {
  const Json answer{{"schema", 1},
                    {"key", files.key.native()},
                    {"certificate", files.certificate.native()},
                    {"der", files.der.native()},
                    {"common_name", certificate.common_name()},
                    {"serial", certificate.serial()}};
  return rendered(answer);
}

}  // namespace kmpack

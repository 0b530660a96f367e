#include "pipeline/compiler_digests.hpp"

#include "sys/process.hpp"
#include "wrap/digest.hpp"

namespace kmpack {

std::string CompilerDigests::operator()(const HeaderTree& headers) {
  const std::scoped_lock lock(mutex_);
  const auto [known, is_new] = digests_.try_emplace(headers.compiler);
  if (is_new) {
    if (const auto program = find_program(headers.compiler)) known->second = sha256_of_file(*program);
  }
  return known->second;
}

}  // namespace kmpack

#include <cstdio>

#include "kmpack/diagnostic.hpp"
#include "sign/key.hpp"
#include "sys/files.hpp"

/// Makes a key in the directory given; says how that failed and how many files are left.
int main(int count, char** words) {
  if (count != 2) return 2;
  kmpack::KeyRequest request;
  request.common_name = "full disk";
  request.prefix = std::filesystem::path(words[1]) / "key";
  try {
    kmpack::create_key(request);
    std::puts("made");
  } catch (const kmpack::Error& error) {
    std::printf("%s\n", std::string(error.diagnostic().code).c_str());
  }
  std::printf("%zu\n", kmpack::walk(words[1]).size());
  return 0;
}

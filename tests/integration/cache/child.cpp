#include <cstdio>
#include <cstdlib>

#include "support/some_result.hpp"

namespace fs = std::filesystem;

namespace {

/// A digest over all that packages are made of.
std::string sum(const kmpack::BuildResult& result) {
  std::string all;
  for (const auto& [name, bytes] : kmpack::test::content_of(result)) all += name + "\n" + bytes + "\n";
  return kmpack::sha256_of(all);
}

}  // namespace

/// CACHE ROUNDS FIRST LIMIT TRIM: makes results as a run does, ROUNDS of them, beginning with number FIRST of five: takes what is
/// there, else makes and keeps it. Says for each its name, its digest and where it came from; what was wrong with the cache, too.
int main(int count, char** words) {
  if (count != 6) return 2;
  const fs::path home = words[1];
  const int rounds = std::atoi(words[2]);
  const int first = std::atoi(words[3]);
  const kmpack::TempDir work;
  kmpack::ResultCache cache(home, {}, std::strtoull(words[4], nullptr, 10));
  for (int round = 0; round < rounds; ++round) {
    const std::string name = "result " + std::to_string((first + round) % 5);
    std::vector<kmpack::Diagnostic> warnings;
    const fs::path place = work.path() / std::to_string(round);
    if (std::atoi(words[5]) == 1 && round % 3 == 0) kmpack::trim_cache(home, 0, {});
    std::optional<kmpack::BuildResult> result = cache.take(kmpack::test::key_of(name), place / "into", warnings, {});
    const bool taken = result.has_value();
    if (!taken) {
      result = kmpack::test::some_result(place / "built", name);
      if (auto problem = cache.keep(kmpack::test::key_of(name), *result, kmpack::test::kSomeSources))
        warnings.push_back(*problem);
    }
    std::printf("%s %s %s\n", taken ? "taken" : "made", sum(*result).c_str(), name.c_str());
    for (const auto& warning : warnings)
      std::printf("warning %s %s\n", std::string(warning.code).c_str(), warning.message.c_str());
    std::fflush(stdout);
    fs::remove_all(place);
  }
  return 0;
}

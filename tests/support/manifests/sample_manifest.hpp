#pragma once

#include <cstdint>
#include <string>

#include "kmpack/manifest.hpp"

namespace kmpack::test {

/// A manifest with something in every field, as if read from /project/kmpack.xml.
Manifest full_manifest();

/// A valid manifest that differs from seed to seed in every field that may differ.
Manifest random_manifest(std::uint32_t seed);

/// Every field but the places in the file, one a line; two manifests are the same when these texts are.
std::string all_fields(const Manifest& manifest);

/// The smallest manifest that can be read, with `inside` before its end tag.
std::string minimal_manifest(const std::string& inside = {});

}  // namespace kmpack::test

#pragma once

#include <cstddef>
#include <cstdint>

/// What every fuzzer defines; the name is libFuzzer's. Ends the process when an invariant does not hold.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

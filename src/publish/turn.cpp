#include "publish/turn.hpp"

#include <chrono>
#include <thread>
#include <utility>

#include "kmpack/diagnostic.hpp"

namespace kmpack {

FileLock take_turn(const std::filesystem::path& directory, const std::stop_token& stop) {
  while (true) {
    if (auto lock = FileLock::attempt(directory / ".kmpack-lock")) return std::move(*lock);
    if (stop.stop_requested()) throw Cancelled{};
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
}

}  // namespace kmpack

#include "sys/log.hpp"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <memory>

namespace kmpack {
namespace {

spdlog::logger& logger() {
  static const std::shared_ptr<spdlog::logger> instance = [] {
    auto made = std::make_shared<spdlog::logger>("kmpack", std::make_shared<spdlog::sinks::stderr_sink_mt>());
    made->set_pattern("kmpack: %v");
    made->set_level(spdlog::level::warn);
    return made;
  }();
  return *instance;
}

}  // namespace

void set_log_level(LogLevel level) {
  switch (level) {
    case LogLevel::quiet:
      logger().set_level(spdlog::level::off);
      break;
    case LogLevel::normal:
      logger().set_level(spdlog::level::warn);
      break;
    case LogLevel::verbose:
      logger().set_level(spdlog::level::debug);
      break;
  }
}

void log_info(std::string_view message) { logger().info("{}", message); }
void log_debug(std::string_view message) { logger().debug("{}", message); }

}  // namespace kmpack

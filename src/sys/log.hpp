#pragma once

#include <string_view>

namespace kmpack {

enum class LogLevel { quiet, normal, verbose };

/// Where log lines go: stderr. For what an engineer follows (-v); user messages go through cli.
void set_log_level(LogLevel level);
void log_info(std::string_view message);
void log_debug(std::string_view message);

}  // namespace kmpack

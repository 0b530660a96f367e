// The other side of the tests in this folder: one small deed per first argument, told on stdout.
#include <unistd.h>

#include <charconv>
#include <chrono>
#include <cstdio>
#include <string>
#include <string_view>
#include <thread>

#include "kmpack/diagnostic.hpp"
#include "sys/files.hpp"
#include "sys/lock.hpp"
#include "sys/process.hpp"
#include "sys/signals.hpp"

namespace {

using namespace std::chrono_literals;

void say(std::string_view line) {
  std::printf("%.*s\n", static_cast<int>(line.size()), line.data());
  std::fflush(stdout);
}

/// Writes a file larger than the file system, and tells the code and what is left beside the place.
int fill(const std::filesystem::path& directory) {
  kmpack::write_file(directory / "kept", "old");
  try {
    kmpack::write_file(directory / "kept", std::string(4U << 20U, 'x'));
  } catch (const kmpack::Error& error) {
    say(error.diagnostic().code);
  }
  say(kmpack::read_file(directory / "kept"));
  say(std::to_string(kmpack::walk(directory).size()));
  return 0;
}

/// Like the command: a stop request ends the child and leads to 130.
int run_until_signal() {
  const kmpack::SignalWatch watch;
  say("ready");
  kmpack::ProcessRunner runner;
  try {
    runner.run({.program = "sleep", .args = {"60"}}, watch.token());
  } catch (const kmpack::Cancelled&) {
    say("cancelled");
    return 130;
  }
  return 1;
}

/// Asks nobody to stop it: only the second signal ends it.
int ignore_stop() {
  const kmpack::SignalWatch watch;
  say("ready");
  while (!watch.token().stop_requested()) std::this_thread::sleep_for(5ms);
  say("stop requested");
  std::this_thread::sleep_for(60s);
  return 1;
}

int hold(const std::filesystem::path& file) {
  const kmpack::FileLock lock = kmpack::FileLock::wait(file);
  say("holding");
  std::this_thread::sleep_for(60s);
  return 0;
}

/// Writes to the descriptor it was given under that number.
int tell(std::string_view number) {
  int descriptor = -1;
  std::from_chars(number.data(), number.data() + number.size(), descriptor);
  return ::write(descriptor, "told", 4) == 4 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view deed = argc > 1 ? argv[1] : "";
  const std::string_view object = argc > 2 ? argv[2] : "";
  if (deed == "fill") return fill(object);
  if (deed == "run-until-signal") return run_until_signal();
  if (deed == "ignore-stop") return ignore_stop();
  if (deed == "hold") return hold(object);
  if (deed == "tell") return tell(object);
  return 2;
}

#pragma once

#include <cstdlib>
#include <string>
#include <vector>

#include "sys/files.hpp"
#include "sys/process.hpp"

namespace kmpack::test {

/// The real apt with a configuration, lists, cache and dpkg status of its own; nothing of the machine's is read or changed, and
/// nothing is installed.
class AptClient {
 public:
  AptClient() {
    for (const char* part : {"etc/apt/apt.conf.d", "etc/apt/preferences.d", "etc/apt/sources.list.d", "etc/apt/trusted.gpg.d",
                             "var/lib/apt/lists/partial", "var/cache/apt/archives/partial", "var/log/apt", "got"})
      make_directories(place_.path() / part);
    write_file(status(), "");
    write_file(place_.path() / "apt.conf", "Dir \"" + place_.path().string() + "\";\nDir::State::status \"" + status().string() +
                                               "\";\nAPT::Sandbox::User \"root\";\nAPT::Architecture \"amd64\";\n"
                                               "APT::Architectures { \"amd64\"; };\nAcquire::Retries \"0\";\n");
  }

  /// Copies what kmpack wrote for clients.
  void know(const std::filesystem::path& sources) const { know_text(read_file(sources)); }
  void know_text(const std::string& text) const { write_file(place_.path() / "etc/apt/sources.list.d/it.sources", text); }
  /// What dpkg has installed.
  void set_status(const std::string& text) const { write_file(status(), text); }
  void add_configuration(const std::string& text) const { write_file(place_.path() / "etc/apt/apt.conf.d/50more", text); }

  Completed run(const std::string& program, std::vector<std::string> args) {
    return runner_.run({.program = program,
                        .args = std::move(args),
                        .environment = {{"PATH", "/usr/sbin:/usr/bin:/sbin:/bin"},
                                        {"LC_ALL", "C.UTF-8"},
                                        {"TZ", "UTC"},
                                        {"APT_CONFIG", (place_.path() / "apt.conf").string()}},
                        .directory = got()},
                       {});
  }
  /// Empty when all went well, else what apt said. apt-get update ends with 0 where it goes on with old lists.
  std::string update() { return complaint(run("apt-get", {"-q", "-o", "APT::Update::Error-Mode=any", "update"})); }
  std::string download(const std::string& package) { return complaint(run("apt-get", {"-q", "download", package})); }
  std::string simulate(std::vector<std::string> words) {
    words.insert(words.begin(), {"-q", "-s", "-y"});
    const Completed completed = run("apt-get", std::move(words));
    return (completed.ok() ? "" : "FAILED\n") + completed.tail;
  }
  /// Versions that it could install, newest first.
  std::vector<std::string> versions(const std::string& package) {
    std::vector<std::string> all;
    const std::string text = run("apt-cache", {"madison", package}).tail;
    for (std::size_t at = 0; at < text.size(); at = text.find('\n', at) + 1) {
      const std::size_t from = text.find(" | ", at) + 3;
      std::string version = text.substr(from, text.find(" |", from) - from);
      version.erase(0, version.find_first_not_of(' '));
      all.push_back(version);
    }
    return all;
  }
  /// Where downloads go.
  [[nodiscard]] std::filesystem::path got() const { return place_.path() / "got"; }
  [[nodiscard]] std::filesystem::path root() const { return place_.path(); }

 private:
  static std::string complaint(const Completed& completed) { return completed.ok() ? "" : completed.tail; }
  [[nodiscard]] std::filesystem::path status() const { return place_.path() / "status"; }

  TempDir place_;
  ProcessRunner runner_;
};

}  // namespace kmpack::test

#include "cli/passphrase.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <functional>
#include <string_view>

#include "kmpack/diagnostic.hpp"
#include "sys/descriptor.hpp"

namespace kmpack {
namespace {

/// Longer than any passphrase; a file given by mistake is not read whole.
constexpr std::size_t kLongest = 4096;

[[noreturn]] void refuse(std::string_view code, std::string message, std::string hint) {
  throw Error{Diagnostic{.code = code, .message = std::move(message), .where = {}, .notes = {}, .hint = std::move(hint)}};
}

/// The terminal without echo, as it was before when this goes.
class Quiet {
 public:
  explicit Quiet(int terminal) : terminal_(terminal), changed_(::tcgetattr(terminal, &before_) == 0) {
    if (!changed_) return;
    termios quiet = before_;
    quiet.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    ::tcsetattr(terminal_, TCSAFLUSH, &quiet);
  }
  ~Quiet() {
    if (changed_) ::tcsetattr(terminal_, TCSAFLUSH, &before_);
  }
  Quiet(const Quiet&) = delete;
  Quiet& operator=(const Quiet&) = delete;

 private:
  int terminal_;
  termios before_{};
  bool changed_;
};

/// Waits until there is something to read. Throws Cancelled.
void wait_readable(int descriptor, int wake) {
  std::array<pollfd, 2> watched{pollfd{descriptor, POLLIN, 0}, pollfd{wake, POLLIN, 0}};
  while (::poll(watched.data(), watched.size(), -1) < 0) {
    if (errno != EINTR) refuse("passphrase-unreadable", "the passphrase could not be waited for", "give it with --passphrase-fd");
  }
  if (watched[1].revents != 0) throw Cancelled{};
}

std::string read_line(int descriptor, const std::stop_token& stop) {
  const Descriptor wake{::eventfd(0, EFD_CLOEXEC)};
  const std::stop_callback<std::function<void()>> on_stop(stop, [&wake] {
    const std::uint64_t one = 1;
    static_cast<void>(::write(wake.get(), &one, sizeof one) < 0);
  });
  std::string line;
  for (;;) {
    wait_readable(descriptor, wake.get());
    char byte = 0;
    // Byte by byte: what follows the line belongs to others.
    const auto count = ::read(descriptor, &byte, 1);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) {
      refuse("passphrase-unreadable", "the passphrase could not be read from file descriptor " + std::to_string(descriptor),
             "open the descriptor for reading, as in 'kmpack build --passphrase-fd 3 3< FILE'");
    }
    if (count == 0 || byte == '\n') return line;
    line += byte;
    if (line.size() > kLongest) refuse("passphrase-unreadable", "the passphrase is longer than 4096 bytes", "give one line");
  }
}

std::string ask(const std::string& prompt, const std::stop_token& stop) {
  const Descriptor terminal{::open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY)};
  if (!terminal) {
    refuse("key-passphrase-missing", "the key needs a passphrase and there is no terminal to ask on",
           "give it with --passphrase-fd N");
  }
  const auto show = [&terminal](std::string_view text) {
    static_cast<void>(::write(terminal.get(), text.data(), text.size()) < 0);
  };
  const Quiet quiet(terminal.get());
  show(prompt);
  std::string answer = read_line(terminal.get(), stop);
  show("\n");
  return answer;
}

}  // namespace

PassphraseSource passphrase_source(std::optional<int> descriptor, std::stop_token stop) {
  return [descriptor, stop = std::move(stop)](const std::string& prompt) {
    if (descriptor) return read_line(*descriptor, stop);
    return ask("Passphrase for " + prompt + ": ", stop);
  };
}

std::string new_passphrase(const std::string& prompt, std::stop_token stop) {
  std::string first = ask("New passphrase for " + prompt + ": ", stop);
  if (ask("Once more: ", stop) != first) {
    refuse("passphrase-differs", "the two passphrases differ", "run the command again");
  }
  return first;
}

}  // namespace kmpack

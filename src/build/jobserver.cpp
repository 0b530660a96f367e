#include "build/jobserver.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <mutex>
#include <utility>

#include "kmpack/diagnostic.hpp"
#include "sys/descriptor.hpp"
#include "sys/files.hpp"

namespace kmpack {
namespace {

constexpr MakeVersion kFirstWithFifo{4, 4};
constexpr int kOwnSlot = -1;
constexpr char kSlotByte = '+';
// Numbers make itself gives its pipe; what a child sees, not what we have.
constexpr int kChildRead = 3;
constexpr int kChildWrite = 4;

Descriptor duplicate(int number) { return Descriptor(::fcntl(number, F_DUPFD_CLOEXEC, 3)); }

bool is_fifo(int number) {
  struct stat facts {};
  return ::fstat(number, &facts) == 0 && S_ISFIFO(facts.st_mode);
}

bool opened_for(int number, int mode) {
  const int flags = ::fcntl(number, F_GETFL);
  return flags >= 0 && ((flags & O_ACCMODE) == mode || (flags & O_ACCMODE) == O_RDWR);
}

/// The same pipe through an open file description of our own: O_NONBLOCK belongs to the description, and the other users of the
/// pipe must not see it.
Descriptor private_reader(int read_end) {
  return Descriptor(::open(fmt::format("/proc/self/fd/{}", read_end).c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
}

}  // namespace

struct Jobserver::State {
  bool serving = true;
  unsigned slots = 1;
  std::optional<TempDir> directory;  // of a served fifo
  std::string fifo;                  // path to tell make; empty: it gets the pipe
  Descriptor read_end;
  Descriptor write_end;
  Descriptor reader;    // private, non-blocking
  Descriptor own_slot;  // eventfd semaphore: 1 while the process's own slot is free

  std::mutex mutex;
  unsigned held = 0;

  State() : own_slot(::eventfd(1, EFD_CLOEXEC | EFD_NONBLOCK | EFD_SEMAPHORE)) {
    if (!own_slot) throw_system_error(errno, "cannot create", "an eventfd");
  }

  void put(unsigned count) const {
    for (unsigned i = 0; i < count; ++i) put_byte(kSlotByte);
  }
  void put_byte(char byte) const {
    while (::write(write_end.get(), &byte, 1) < 0 && errno == EINTR) {}
  }

  [[nodiscard]] unsigned lying_free() const {
    int bytes = 0;
    return ::ioctl(reader.get(), FIONREAD, &bytes) == 0 ? static_cast<unsigned>(std::max(bytes, 0)) : 0;
  }

  /// Nothing runs, so every slot is free. A make that was killed may have taken some with it, or a stranger put some in.
  void restore() const {
    unsigned found = lying_free();
    char byte = 0;
    while (found > slots - 1 && ::read(reader.get(), &byte, 1) == 1) --found;
    if (found < slots - 1) put(slots - 1 - found);
  }

  std::optional<int> attempt() const {
    std::uint64_t one = 0;
    if (::read(own_slot.get(), &one, sizeof one) == sizeof one) return kOwnSlot;
    unsigned char byte = 0;
    if (::read(reader.get(), &byte, 1) == 1) return byte;
    return std::nullopt;
  }

  void give_back(int byte) {
    const std::lock_guard lock(mutex);
    if (byte == kOwnSlot) {
      static_cast<void>(::eventfd_write(own_slot.get(), 1));
    } else {
      put_byte(static_cast<char>(byte));
    }
    if (--held == 0 && serving) restore();
  }
};

Jobserver::Token::Token(Token&& other) noexcept : state_(std::move(other.state_)), byte_(other.byte_) {}

Jobserver::Token::~Token() {
  if (state_) state_->give_back(byte_);
}

Jobserver Jobserver::serve(unsigned slots, MakeVersion make) {
  auto state = std::make_shared<State>();
  state->slots = std::max(slots, 1U);
  if (make >= kFirstWithFifo) {
    state->directory.emplace();
    state->fifo = (state->directory->path() / "jobserver").string();
    if (::mkfifo(state->fifo.c_str(), 0600) != 0) throw_system_error(errno, "cannot create", state->fifo);
    state->write_end = Descriptor(::open(state->fifo.c_str(), O_RDWR | O_CLOEXEC));
    state->read_end = duplicate(state->write_end.get());
  } else {
    std::array<int, 2> ends{-1, -1};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw_system_error(errno, "cannot create", "a pipe");
    state->read_end = Descriptor(ends[0]);
    state->write_end = Descriptor(ends[1]);
  }
  state->reader = private_reader(state->read_end.get());
  if (!state->reader || !state->write_end) throw_system_error(errno, "cannot create", "the job slots");
  // More slots than a pipe holds would make the first writes wait for ever.
  const int room = ::fcntl(state->write_end.get(), F_GETPIPE_SZ);
  state->slots = std::min(state->slots, static_cast<unsigned>(std::max(room, 4096)));
  state->put(state->slots - 1);
  return Jobserver(std::move(state));
}

std::optional<Jobserver> Jobserver::join(const JobserverAuth& auth, MakeVersion make, std::string& why) {
  auto state = std::make_shared<State>();
  state->serving = false;
  state->slots = auth.slots;
  if (!auth.fifo.empty()) {
    // A make that cannot open fifos gets ours as if it were a pipe.
    if (make >= kFirstWithFifo) state->fifo = auth.fifo;
    state->write_end = Descriptor(::open(auth.fifo.c_str(), O_RDWR | O_CLOEXEC));
    state->read_end = duplicate(state->write_end.get());
    if (!state->write_end || !is_fifo(state->write_end.get()))
      why = fmt::format("'{}' is not a fifo that can be opened", auth.fifo);
  } else {
    if (!is_fifo(auth.read_end) || !is_fifo(auth.write_end) || !opened_for(auth.read_end, O_RDONLY) ||
        !opened_for(auth.write_end, O_WRONLY)) {
      why = fmt::format("descriptors {} and {} are not open as its pipe", auth.read_end, auth.write_end);
    } else {
      state->read_end = duplicate(auth.read_end);
      state->write_end = duplicate(auth.write_end);
    }
  }
  if (!why.empty()) return std::nullopt;
  state->reader = private_reader(state->read_end.get());
  if (!state->reader) why = "its pipe cannot be opened again";
  if (!why.empty()) return std::nullopt;
  return Jobserver(std::move(state));
}

Jobserver Jobserver::join_or_serve(std::string_view makeflags, unsigned slots, MakeVersion make, Diagnostics& problems) {
  const std::optional<JobserverAuth> auth = parse_jobserver_auth(makeflags);
  if (!auth) return serve(slots, make);
  std::string why;
  if (auto joined = join(*auth, make, why)) return std::move(*joined);
  problems.report({.severity = Severity::warning,
                   .code = "jobserver-unusable",
                   .message = fmt::format("the job slots of the make that started kmpack cannot be used: {}", why),
                   .where = {},
                   .notes = {},
                   .hint = "put a '+' before the line of the Makefile that calls kmpack"});
  return serve(slots, make);
}

Jobserver::Token Jobserver::acquire(std::stop_token stop) {
  const Descriptor wake(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!wake) throw_system_error(errno, "cannot create", "an eventfd");
  const std::stop_callback on_stop(stop, [&wake] { static_cast<void>(::eventfd_write(wake.get(), 1)); });
  while (true) {
    if (stop.stop_requested()) throw Cancelled{};
    {
      const std::lock_guard lock(state_->mutex);
      if (const auto byte = state_->attempt()) {
        ++state_->held;
        return Token(state_, *byte);
      }
    }
    std::array<pollfd, 3> watched{pollfd{state_->own_slot.get(), POLLIN, 0}, pollfd{state_->reader.get(), POLLIN, 0},
                                  pollfd{wake.get(), POLLIN, 0}};
    if (::poll(watched.data(), watched.size(), -1) < 0 && errno != EINTR)
      throw_system_error(errno, "cannot read", "the job slots");
  }
}

void Jobserver::pass_to(Command& command) const {
  const bool by_path = !state_->fifo.empty();
  const std::string auth = by_path ? "fifo:" + state_->fifo : fmt::format("{},{}", kChildRead, kChildWrite);
  command.environment["MAKEFLAGS"] = fmt::format("-j{} --jobserver-auth={}", state_->slots, auth);
  if (by_path) return;
  command.descriptors.push_back({state_->read_end.get(), kChildRead});
  command.descriptors.push_back({state_->write_end.get(), kChildWrite});
}

bool Jobserver::serves() const noexcept { return state_->serving; }

unsigned Jobserver::slots() const noexcept { return state_->slots; }

unsigned Jobserver::free_slots() const { return state_->lying_free(); }

}  // namespace kmpack

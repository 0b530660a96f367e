// Stands in PATH before a compiler, under its name: answers what kbuild asks about options from a table, and hands everything
// else to the compiler. Also under the names mkdir and rm, which kbuild calls around each question.
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "probe/question.hpp"
#include "probe/table.hpp"

extern char** environ;

namespace {

using kmpack::Asked;
using kmpack::ProbeAnswer;
using kmpack::Question;

std::string_view file_name(std::string_view path) { return path.substr(path.rfind('/') + 1); }

/// The command line as it came, and where this program stands.
class StandIn {
 public:
  StandIn(int argc, char** argv) : argv_(argv), words_(argv, argv + argc) {
    if (words_.empty()) std::_Exit(127);
    name_ = file_name(words_[0]);
    find_own_directory();
  }

  int run() {
    if (name_ == "mkdir") return make_directory();
    if (name_ == "rm") return remove_directory();
    if (name_.ends_with("nm") && words_.size() == 2 && !own_directory_.empty()) return tell_symbols();
    return answer_or_ask();
  }

 private:
  /// The first directory of PATH in which this very file has the name it was called by; other files of the name are the real
  /// ones.
  void find_own_directory() {
    struct stat own {};
    const char* const path = std::getenv("PATH");
    if (path == nullptr || ::stat("/proc/self/exe", &own) != 0) return;
    std::string_view rest = path;
    while (true) {
      const std::string_view entry = rest.substr(0, rest.find(':'));
      const std::string file = std::string(entry.empty() ? "." : entry) + "/" + std::string(name_);
      struct stat found {};
      if (::stat(file.c_str(), &found) == 0 && found.st_dev == own.st_dev && found.st_ino == own.st_ino) {
        own_directory_ = entry;
        return;
      }
      if (entry.size() == rest.size()) return;
      rest.remove_prefix(entry.size() + 1);
    }
  }

  /// A file beside the directory of stand-ins.
  [[nodiscard]] std::string beside(const char* name) const {
    return std::string(own_directory_.substr(0, own_directory_.rfind('/') + 1)) + name;
  }

  /// As if this program were not there: PATH without its directory. Compilers look for their parts by the name they were called
  /// by, so that one is kept.
  [[noreturn]] void hand_over() {
    const char* const given = std::getenv("PATH");
    std::string path = given == nullptr ? "" : given;
    if (!own_directory_.empty()) {
      path = kmpack::path_without(path, own_directory_);
      ::setenv("PATH", path.c_str(), 1);
    }
    // Called by its full name it would find itself again.
    std::string name(name_);
    if (words_[0].find('/') != std::string_view::npos) {
      if (const auto real = find_real(path)) {
        name = *real;
        argv_[0] = name.data();
      }
    }
    if (!own_directory_.empty() || name.find('/') != std::string::npos) ::execvp(name.c_str(), argv_);
    const std::string problem = std::string(words_[0]) + ": " + std::strerror(errno) + "\n";
    static_cast<void>(!::write(STDERR_FILENO, problem.data(), problem.size()));
    std::_Exit(127);
  }

  [[nodiscard]] std::optional<std::string> find_real(std::string_view path) const {
    while (true) {
      const std::string_view entry = path.substr(0, path.find(':'));
      std::string file = std::string(entry.empty() ? "." : entry) + "/" + std::string(name_);
      if (::access(file.c_str(), X_OK) == 0) return file;
      if (entry.size() == path.size()) return std::nullopt;
      path.remove_prefix(entry.size() + 1);
    }
  }

  /// DIRECTORY/.tmp_<process>, as try-run calls it.
  static bool is_directory_of_try_run(std::string_view path) {
    const std::string_view name = file_name(path);
    return name.starts_with(".tmp_") && name.size() > 5 &&
           name.substr(5).find_first_not_of("0123456789") == std::string_view::npos;
  }

  int make_directory() {
    if (words_.size() == 3 && words_[1] == "-p" && is_directory_of_try_run(words_[2]) && ::mkdir(argv_[2], 0777) == 0) return 0;
    hand_over();
  }

  int remove_directory() {
    if (words_.size() != 3 || words_[1] != "-rf" || !is_directory_of_try_run(words_[2])) hand_over();
    // Not through a link: of one, rm takes the link alone.
    const int directory = ::open(argv_[2], O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (directory < 0) hand_over();
    for (const char* name : {"tmp", "tmp.base", "tmp.ubase", "tmp.utest"}) ::unlinkat(directory, name, 0);
    if (::rmdir(argv_[2]) == 0) return 0;
    hand_over();
  }

  /// What a file was when nm was asked about it.
  struct Seen {
    std::uint64_t device, inode, size;
    std::int64_t changed_seconds, changed_nanoseconds, modified_seconds, modified_nanoseconds;

    static std::optional<Seen> of(const char* path) {
      struct stat status {};
      if (::stat(path, &status) != 0 || !S_ISREG(status.st_mode)) return std::nullopt;
      return Seen{.device = status.st_dev,
                  .inode = status.st_ino,
                  .size = static_cast<std::uint64_t>(status.st_size),
                  .changed_seconds = status.st_ctim.tv_sec,
                  .changed_nanoseconds = status.st_ctim.tv_nsec,
                  .modified_seconds = status.st_mtim.tv_sec,
                  .modified_nanoseconds = status.st_mtim.tv_nsec};
    }
    bool operator==(const Seen&) const = default;
  };

  /// kbuild asks nm twice about each object. For the second time, what it said is kept in the build's own tree; only when it had
  /// nothing to complain of, since complaints name the file.
  int tell_symbols() {
    const char* const path = argv_[1];
    if (kmpack::read_question(words_)) return answer_or_ask();
    const auto before = Seen::of(path);
    if (!before) hand_over();
    const std::string memory = beside("symbols-") + std::to_string(before->inode);
    const std::string known = contents(memory.c_str());
    if (known.size() > sizeof(Seen) && std::memcmp(known.data(), &*before, sizeof(Seen)) == 0) {
      write_all(STDOUT_FILENO, std::string_view(known).substr(sizeof(Seen)));
      return 0;
    }
    const int out = ::memfd_create("out", MFD_CLOEXEC);
    const int errors = ::memfd_create("errors", MFD_CLOEXEC);
    const pid_t child = out < 0 || errors < 0 ? -1 : ::fork();
    if (child < 0) hand_over();
    if (child == 0) {
      ::dup2(out, STDOUT_FILENO);
      ::dup2(errors, STDERR_FILENO);
      hand_over();
    }
    int status = 0;
    while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {}
    const std::string said = contents_of(out);
    const std::string complaints = contents_of(errors);
    if (status == 0 && complaints.empty() && !said.empty() && Seen::of(path) == before) keep(memory, *before, said);
    write_all(STDOUT_FILENO, said);
    write_all(STDERR_FILENO, complaints);
    if (WIFSIGNALED(status)) ::raise(WTERMSIG(status));
    return WEXITSTATUS(status);
  }

  /// Several may ask about one file at a time.
  static void keep(const std::string& memory, const Seen& seen, const std::string& said) {
    const std::string beside = memory + "." + std::to_string(::getpid());
    const int file = ::open(beside.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (file < 0) return;
    const bool written = write_all(file, {reinterpret_cast<const char*>(&seen), sizeof seen}) && write_all(file, said);
    if (::close(file) != 0 || !written || ::rename(beside.c_str(), memory.c_str()) != 0) ::unlink(beside.c_str());
  }

  static std::string contents(const char* path) {
    const int file = ::open(path, O_RDONLY | O_CLOEXEC);
    return file < 0 ? std::string() : contents_of(file);
  }

  static std::string contents_of(int file) {
    std::string bytes;
    std::string piece(65536, '\0');
    ssize_t count = 0;
    off_t at = 0;
    while ((count = ::pread(file, piece.data(), piece.size(), at)) > 0) {
      bytes.append(piece, 0, static_cast<std::size_t>(count));
      at += count;
    }
    ::close(file);
    return bytes;
  }

  int answer_or_ask() {
    const auto asked = own_directory_.empty() ? std::nullopt : kmpack::read_question(words_);
    if (!asked) hand_over();
    std::vector<std::string_view> environment;
    for (char** entry = environ; *entry != nullptr; ++entry) environment.emplace_back(*entry);
    auto heeded = kmpack::heeded(environment, own_directory_);
    if (!heeded) hand_over();
    Question question{.argv = {words_.begin(), words_.end()}, .input = {}, .environment = *std::move(heeded)};
    question.argv[0] = name_;
    if (asked->reads != Asked::Reads::nothing) {
      std::string input = asked->reads_input() ? take_input() : read_object(argv_[*asked->place]);
      if (!kmpack::is_plain_input(asked->reads, input)) hand_over();
      question.input = std::move(input);
    }
    if (const auto answer = look_up(kmpack::key_of(question, *asked)); answer && give(*answer, *asked)) return answer->status;
    // Of an object that the compiler has just made there is no other.
    if (asked->reads != Asked::Reads::object) note(question);
    hand_over();
  }

  /// As much of a file as tells that it is too long.
  static std::string read_object(const char* path) {
    const int file = ::open(path, O_RDONLY | O_CLOEXEC);
    std::string bytes(kmpack::kLongestInput + 1, '\0');
    std::size_t size = 0;
    ssize_t count = 0;
    while (file >= 0 && size < bytes.size() && (count = ::read(file, bytes.data() + size, bytes.size() - size)) > 0) {
      size += static_cast<std::size_t>(count);
    }
    if (file < 0 || count < 0) return bytes;
    ::close(file);
    bytes.resize(size);
    return bytes;
  }

  /// Standard input as far as a question goes; it can be read again, with what comes after.
  static std::string take_input() {
    std::string text;
    std::string piece(kmpack::kLongestInput + 1, '\0');
    while (text.size() <= kmpack::kLongestInput) {
      const ssize_t count = ::read(STDIN_FILENO, piece.data(), piece.size());
      if (count < 0 && errno == EINTR) continue;
      if (count <= 0) break;
      text.append(piece, 0, static_cast<std::size_t>(count));
    }
    put_back(text);
    return text;
  }

  static void put_back(const std::string& text) {
    const int copy = ::memfd_create("input", 0);
    if (copy < 0) std::_Exit(127);
    std::string all = text;
    if (text.size() > kmpack::kLongestInput) {
      std::string piece(65536, '\0');
      ssize_t count = 0;
      while ((count = ::read(STDIN_FILENO, piece.data(), piece.size())) > 0 || (count < 0 && errno == EINTR)) {
        if (count > 0) all.append(piece, 0, static_cast<std::size_t>(count));
      }
    }
    if (!write_all(copy, all) || ::lseek(copy, 0, SEEK_SET) != 0 || ::dup2(copy, STDIN_FILENO) < 0) std::_Exit(127);
    ::close(copy);
  }

  static bool write_all(int descriptor, std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t count = ::write(descriptor, bytes.data(), bytes.size());
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(count));
    }
    return true;
  }

  [[nodiscard]] std::optional<ProbeAnswer> look_up(const std::string& key) const {
    const int file = ::open(beside("table").c_str(), O_RDONLY | O_CLOEXEC);
    struct stat status {};
    if (file < 0 || ::fstat(file, &status) != 0 || status.st_size <= 0) return std::nullopt;
    const auto size = static_cast<std::size_t>(status.st_size);
    const void* const bytes = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file, 0);
    if (bytes == MAP_FAILED) return std::nullopt;
    return kmpack::find_answer({static_cast<const char*>(bytes), size}, key);
  }

  /// False when nothing has been said or written yet, so that the compiler may still be asked.
  bool give(const ProbeAnswer& answer, const Asked& asked) {
    if (asked.writes()) {
      const char* const place = argv_[*asked.place];
      struct stat found {};
      if (::lstat(place, &found) == 0 || errno != ENOENT) return false;
      if (answer.output) {
        const int file = ::open(place, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (file < 0) return false;
        const bool written = write_all(file, *answer.output);
        if (::close(file) != 0 || !written) {
          ::unlink(place);
          return false;
        }
      } else if (::access(std::string(place, std::string_view(place).rfind('/')).c_str(), W_OK) != 0) {
        return false;
      }
    }
    write_all(STDOUT_FILENO, answer.out);
    write_all(STDERR_FILENO, answer.errors);
    return true;
  }

  /// For kmpack, which asks by itself before it believes an answer. In one piece, as many compilers run at a time.
  void note(const Question& question) const {
    const int file = ::open(beside("unanswered").c_str(), O_WRONLY | O_APPEND | O_CLOEXEC);
    if (file < 0) return;
    const std::string bytes = kmpack::to_bytes(question);
    static_cast<void>(!::write(file, bytes.data(), bytes.size()));
    ::close(file);
  }

  char** argv_;
  std::vector<std::string_view> words_;
  std::string_view name_;
  std::string_view own_directory_;
};

}  // namespace

int main(int argc, char** argv) { return StandIn(argc, argv).run(); }

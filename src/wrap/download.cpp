#include "wrap/download.hpp"

#include <curl/curl.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <thread>

#include "base/assert.hpp"
#include "base/owned.hpp"
#include "kmpack/diagnostic.hpp"
#include "sys/descriptor.hpp"
#include "sys/files.hpp"

namespace fs = std::filesystem;

namespace kmpack {
namespace {

using Handle = Owned<CURL, curl_easy_cleanup>;

constexpr int kAttempts = 3;
constexpr std::chrono::milliseconds kPause{500};

struct Sink {
  int file = -1;
  std::uint64_t left = 0;
  bool too_long = false;
  int write_error = 0;

  static std::size_t take(char* bytes, std::size_t one, std::size_t count, void* self) noexcept {
    auto& sink = *static_cast<Sink*>(self);
    const std::size_t size = one * count;
    if (size > sink.left) {
      sink.too_long = true;
      return 0;
    }
    for (std::size_t done = 0; done < size;) {
      const ssize_t written = ::write(sink.file, bytes + done, size - done);
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) {
        sink.write_error = errno;
        return 0;
      }
      done += static_cast<std::size_t>(written);
    }
    sink.left -= size;
    return size;
  }
};

bool passes(CURLcode code, long status) noexcept {
  switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_CONNECT:
    case CURLE_OPERATION_TIMEDOUT:
    case CURLE_RECV_ERROR:
    case CURLE_SEND_ERROR:
    case CURLE_GOT_NOTHING:
    case CURLE_PARTIAL_FILE:
      return true;
    case CURLE_HTTP_RETURNED_ERROR:
      return status >= 500 || status == 408 || status == 429;
    default:
      return false;
  }
}

struct Outcome {
  std::optional<DownloadFault> fault;
  bool again = false;
};

template <class Value>
void set(CURL* handle, CURLoption option, Value value) {
  KMPACK_ASSERT(curl_easy_setopt(handle, option, value) == CURLE_OK);
}

void set_certificates(CURL* handle) {
  // The curl program heeds these; its library does not by itself. Source: curl(1), ENVIRONMENT.
  for (const char* name : {"CURL_CA_BUNDLE", "SSL_CERT_FILE"}) {
    const char* const file = std::getenv(name);
    if (file == nullptr || *file == '\0') continue;
    set(handle, CURLOPT_CAINFO, file);
    return;
  }
}

Outcome attempt(const Download& wanted) {
  const Descriptor file(::open(wanted.file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
  if (!file) throw_system_error(errno, "cannot create", wanted.file);
  const Handle handle(curl_easy_init());
  if (!handle) throw std::bad_alloc();
  Sink sink{.file = file.get(), .left = wanted.max_bytes};
  std::array<char, CURL_ERROR_SIZE> said{};
  const bool local = wanted.url.starts_with("file:");
  set(handle.get(), CURLOPT_URL, wanted.url.c_str());
  set(handle.get(), CURLOPT_PROTOCOLS_STR, local ? "file" : "http,https");
  // What came over TLS must not go on without it.
  set(handle.get(), CURLOPT_REDIR_PROTOCOLS_STR, wanted.url.starts_with("https:") ? "https" : "http,https");
  set(handle.get(), CURLOPT_FOLLOWLOCATION, 1L);
  set(handle.get(), CURLOPT_MAXREDIRS, 10L);
  set(handle.get(), CURLOPT_FAILONERROR, 1L);
  set(handle.get(), CURLOPT_NOSIGNAL, 1L);
  set(handle.get(), CURLOPT_CONNECTTIMEOUT, 20L);
  set(handle.get(), CURLOPT_LOW_SPEED_LIMIT, 1000L);
  set(handle.get(), CURLOPT_LOW_SPEED_TIME, 30L);
  set(handle.get(), CURLOPT_USERAGENT, "kmpack");
  set(handle.get(), CURLOPT_ERRORBUFFER, said.data());
  set(handle.get(), CURLOPT_WRITEFUNCTION, &Sink::take);
  set(handle.get(), CURLOPT_WRITEDATA, static_cast<void*>(&sink));
  set_certificates(handle.get());
  const CURLcode code = curl_easy_perform(handle.get());
  if (sink.write_error != 0) throw_system_error(sink.write_error, "cannot write", wanted.file);
  if (code == CURLE_OK) return {};
  if (sink.too_long) return {.fault = DownloadFault{fmt::format("it is longer than {} bytes", wanted.max_bytes), true}};
  long status = 0;
  curl_easy_getinfo(handle.get(), CURLINFO_RESPONSE_CODE, &status);
  DownloadFault fault{.reason = said[0] != '\0' ? said.data() : curl_easy_strerror(code)};
  if (code == CURLE_HTTP_RETURNED_ERROR) fault.reason = fmt::format("the server answers {}", status);
  return {.fault = std::move(fault), .again = passes(code, status)};
}

}  // namespace

std::optional<DownloadFault> download(const Download& wanted) {
  static const CURLcode started = curl_global_init(CURL_GLOBAL_DEFAULT);
  KMPACK_ASSERT(started == CURLE_OK);
  std::error_code ignored;
  try {
    for (int number = 1;; ++number) {
      const Outcome outcome = attempt(wanted);
      if (!outcome.fault) return std::nullopt;
      if (!outcome.again || number == kAttempts) {
        fs::remove(wanted.file, ignored);
        return outcome.fault;
      }
      std::this_thread::sleep_for(kPause * number);
    }
  } catch (...) {
    fs::remove(wanted.file, ignored);
    throw;
  }
}

std::string file_url(const fs::path& absolute) {
  // Source: RFC 3986, section 2.3: what need not be written as %XX.
  constexpr std::string_view kPlain = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/";
  std::string url = "file://";
  for (const char letter : absolute.string()) {
    if (kPlain.find(letter) != std::string_view::npos)
      url += letter;
    else
      url += fmt::format("%{:02X}", static_cast<unsigned char>(letter));
  }
  return url;
}

}  // namespace kmpack

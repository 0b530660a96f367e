#include "wrap/download.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <thread>

#include "kmpack/diagnostic.hpp"
#include "sys/files.hpp"
#include "sys/process.hpp"

namespace fs = std::filesystem;

namespace kmpack {
namespace {

using testing::HasSubstr;

/// A web server on the loopback interface, on a port that is free; it says which in a file.
constexpr const char* kServer = R"(
import http.server, os, sys
busy = {"count": 0}
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        if self.path == "/to-a-file":
            self.send_response(302); self.send_header("Location", "file://" + sys.argv[2]); self.end_headers()
        elif self.path == "/to-hello":
            self.send_response(302); self.send_header("Location", "/hello"); self.end_headers()
        elif self.path == "/busy" and busy["count"] < 2:
            busy["count"] += 1
            self.send_error(503)
        elif self.path in ("/hello", "/busy"):
            self.send_response(200); self.send_header("Content-Length", "5"); self.end_headers(); self.wfile.write(b"hello")
        elif self.path == "/cut":
            self.send_response(200); self.send_header("Content-Length", "500"); self.end_headers(); self.wfile.write(b"hello")
        else:
            self.send_error(404)
    def log_message(self, *args): pass
server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
with open(sys.argv[1] + ".new", "w") as out: out.write(str(server.server_port))
os.rename(sys.argv[1] + ".new", sys.argv[1])
server.serve_forever()
)";

class DownloadFromTheWeb : public testing::Test {
 protected:
  void SetUp() override {
    if (!find_program("python3")) GTEST_SKIP() << "python3 is not installed";
    write_file(secret_, "of this machine");
    server_ = std::jthread([this](const std::stop_token& stop) {
      ProcessRunner runner;
      try {
        runner.run({.program = "python3",
                    .args = {"-c", kServer, port_file_.string(), secret_.string()},
                    .environment = {{"PATH", std::getenv("PATH")}}},
                   stop);
      } catch (const Cancelled&) {
        // The end of the test.
      }
    });
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (!fs::exists(port_file_) && std::chrono::steady_clock::now() < until)
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    ASSERT_TRUE(fs::exists(port_file_)) << "the server did not start";
    address_ = "http://127.0.0.1:" + read_file(port_file_);
    ::setenv("no_proxy", "127.0.0.1", 1);
  }

  std::string get(const std::string& path, std::uint64_t most = 1000) {
    const auto fault = download({.url = address_ + path, .file = file_, .max_bytes = most});
    if (fault) return (fault->too_long ? "too long: " : "fault: ") + fault->reason;
    return read_file(file_);
  }

  TempDir directory_;
  fs::path port_file_ = directory_.path() / "port";
  fs::path secret_ = directory_.path() / "secret";
  fs::path file_ = directory_.path() / "file";
  std::string address_;
  std::jthread server_;
};

TEST_F(DownloadFromTheWeb, BringsAFileAndFollowsTheServer) {
  EXPECT_EQ(get("/hello"), "hello");
  EXPECT_EQ(get("/to-hello"), "hello");
}

TEST_F(DownloadFromTheWeb, TriesAgainWhatFailsForAMoment) { EXPECT_EQ(get("/busy"), "hello"); }

TEST_F(DownloadFromTheWeb, LeavesNothingOfWhatIsNotThereOrIsCut) {
  EXPECT_EQ(get("/missing"), "fault: the server answers 404");
  EXPECT_FALSE(fs::exists(file_));
  EXPECT_THAT(get("/cut"), HasSubstr("fault: "));
  EXPECT_FALSE(fs::exists(file_));
}

TEST_F(DownloadFromTheWeb, StopsWhenMoreComesThanMay) {
  EXPECT_EQ(get("/hello", 4), "too long: it is longer than 4 bytes");
  EXPECT_FALSE(fs::exists(file_));
}

TEST_F(DownloadFromTheWeb, IsNotLedToFilesOfThisMachine) {
  EXPECT_THAT(get("/to-a-file"), HasSubstr("fault: "));
  EXPECT_FALSE(fs::exists(file_));
}

TEST(Download, ReadsFilesOfAnyName) {
  const TempDir directory;
  const fs::path odd = directory.path() / "a b%20+#?.rpm";
  write_file(odd, "content");
  const fs::path file = directory.path() / "copy";
  EXPECT_FALSE(download({.url = file_url(odd), .file = file, .max_bytes = 100}));
  EXPECT_EQ(read_file(file), "content");
  EXPECT_TRUE(download({.url = file_url(directory.path() / "absent"), .file = file, .max_bytes = 100}));
  EXPECT_FALSE(fs::exists(file));
}

}  // namespace
}  // namespace kmpack

#include "build/failure_class.hpp"

#include <gtest/gtest.h>

namespace kmpack {
namespace {

struct Line {
  const char* text;
  FailureClass kind;
  const char* file;
  unsigned line;
  const char* message;
};

class FailureOfLine : public testing::TestWithParam<Line> {};

TEST_P(FailureOfLine, HasItsClassAndPlace) {
  const Line& expected = GetParam();
  const Failure found = failure_of_line(expected.text);
  EXPECT_EQ(found.kind, expected.kind);
  EXPECT_EQ(found.file, expected.file);
  EXPECT_EQ(found.line, expected.line);
  EXPECT_EQ(found.message, expected.message);
}

using enum FailureClass;

/// What gcc says of real drivers that are too old or too new for a kernel. Source: facts corpus.tsv.
INSTANTIATE_TEST_SUITE_P(
    OfRealDrivers, FailureOfLine,
    testing::Values(
        Line{"ddcci/ddcci.c:42:34: error: macro \"DEFINE_SEMAPHORE\" requires 2 arguments, but only 1 given", api_change,
             "ddcci/ddcci.c", 42, "macro \"DEFINE_SEMAPHORE\" requires 2 arguments, but only 1 given"},
        Line{
            "hid-uclogic-core.c:548:25: error: initialization of ‘const __u8 * (*)(struct hid_device *, __u8 *, unsigned int *)’ "
            "{aka ‘const unsigned char * (*)(st…",
            api_change, "hid-uclogic-core.c", 548,
            "initialization of ‘const __u8 * (*)(struct hid_device *, __u8 *, unsigned int *)’ {aka ‘const unsigned char * "
            "(*)(st…"},
        Line{"hid-uclogic-core.c:548:25: error: initialization of 'const __u8 * (*)(struct hid_device *)' from incompatible "
             "pointer type '__u8 * (*)(struct hid_device *)' [-Werror=incompatible-pointer-types]",
             api_change, "hid-uclogic-core.c", 548,
             "initialization of 'const __u8 * (*)(struct hid_device *)' from incompatible pointer type '__u8 * (*)(struct "
             "hid_device *)' [-Werror=incompatible-pointer-types]"},
        Line{"dm-writeboost-target.c:119:37: error: ‘struct block_device’ has no member named ‘bd_inode’", api_change,
             "dm-writeboost-target.c", 119, "‘struct block_device’ has no member named ‘bd_inode’"},
        Line{"gost28147_modes.c:41:10: fatal error: asm/unaligned.h: No such file or directory", missing_header,
             "gost28147_modes.c", 41, "asm/unaligned.h: No such file or directory"},
        Line{"src/probes/../../include/lttng/tracepoint-event-impl.h:133:6: error: conflicting types for ‘trace_hrtimer_start’; "
             "have ‘void(struct hrtimer *)’",
             api_change, "src/probes/../../include/lttng/tracepoint-event-impl.h", 133,
             "conflicting types for ‘trace_hrtimer_start’; have ‘void(struct hrtimer *)’"},
        Line{"src/probes/../../include/wrapper/uprobes.h:28:16: error: too few arguments to function ‘uprobe_register’",
             api_change, "src/probes/../../include/wrapper/uprobes.h", 28, "too few arguments to function ‘uprobe_register’"},
        Line{"v4l2loopback.c:717:9: error: implicit declaration of function ‘strlcpy’; did you mean ‘strncpy’? "
             "[-Werror=implicit-function-declaration]",
             api_change, "v4l2loopback.c", 717,
             "implicit declaration of function ‘strlcpy’; did you mean ‘strncpy’? [-Werror=implicit-function-declaration]"},
        Line{"xtrx.c:472:28: error: ‘struct uart_state’ has no member named ‘xmit’", api_change, "xtrx.c", 472,
             "‘struct uart_state’ has no member named ‘xmit’"}));

INSTANTIATE_TEST_SUITE_P(
    OfCompilers, FailureOfLine,
    testing::Values(
        Line{"a.c:3:1: error: expected ';' before '}' token", compiler_error, "a.c", 3, "expected ';' before '}' token"},
        Line{"a.c:3:9: error: macro \"X\" passed 3 arguments, but takes just 2", api_change, "a.c", 3,
             "macro \"X\" passed 3 arguments, but takes just 2"},
        Line{"a.c:3:9: error: 'VM_RESERVED' undeclared (first use in this function)", api_change, "a.c", 3,
             "'VM_RESERVED' undeclared (first use in this function)"},
        Line{"a.c:1:1: fatal error: 'asm/unaligned.h' file not found", missing_header, "a.c", 1,
             "'asm/unaligned.h' file not found"},
        Line{"x.c:3:5: error: call to undeclared function 'f'; ISO C99 and later do not support it", api_change, "x.c", 3,
             "call to undeclared function 'f'; ISO C99 and later do not support it"},
        Line{"cc1: fatal error: gone.c: No such file or directory", compiler_error, "", 0, "gone.c: No such file or directory"},
        Line{"v.S:5: Error: no such instruction: `movx'", compiler_error, "v.S", 5, "no such instruction: `movx'"},
        Line{"gcc-12: error: unrecognized argument in option '-mfoo=bar'", compiler_error, "", 0,
             "unrecognized argument in option '-mfoo=bar'"},
        Line{"cc1: error: code model kernel does not support PIC mode", compiler_error, "", 0,
             "code model kernel does not support PIC mode"},
        Line{"ERROR: modpost: \"kallsyms_lookup_name\" [x.ko] undefined!", api_change, "", 0,
             "ERROR: modpost: \"kallsyms_lookup_name\" [x.ko] undefined!"}));

INSTANTIATE_TEST_SUITE_P(
    OfTheMachine, FailureOfLine,
    testing::Values(
        Line{"gcc-12: fatal error: Killed signal terminated program cc1", out_of_memory, "", 0,
             "Killed signal terminated program cc1"},
        Line{"a.c:1: internal compiler error: Killed (program cc1)", out_of_memory, "a.c", 1, "Killed (program cc1)"},
        Line{"Killed", out_of_memory, "", 0, "Killed"},
        Line{"cc1: out of memory allocating 65536 bytes after a total of 4096 bytes", out_of_memory, "", 0,
             "cc1: out of memory allocating 65536 bytes after a total of 4096 bytes"},
        Line{"/bin/sh: 1: cannot fork: Cannot allocate memory", out_of_memory, "", 0,
             "/bin/sh: 1: cannot fork: Cannot allocate memory"},
        Line{"a.c:9:1: fatal error: error writing to a.s: No space left on device", disk_full, "a.c", 9,
             "error writing to a.s: No space left on device"},
        Line{"fixdep: not all data was written to the output", disk_full, "", 0,
             "fixdep: not all data was written to the output"},
        Line{"/bin/sh: 1: aarch64-linux-gnu-gcc-12: not found", missing_tool, "", 0,
             "/bin/sh: 1: aarch64-linux-gnu-gcc-12: not found"},
        Line{"bash: line 1: cmake: command not found", missing_tool, "", 0, "bash: line 1: cmake: command not found"},
        Line{"./configure: line 7: pkg-config: command not found", missing_tool, "", 0,
             "./configure: line 7: pkg-config: command not found"},
        Line{"make[1]: gcc-99: No such file or directory", missing_tool, "", 0, "make[1]: gcc-99: No such file or directory"},
        Line{"/usr/bin/env: 'python': No such file or directory", missing_tool, "", 0,
             "/usr/bin/env: 'python': No such file or directory"},
        Line{"Makefile:7: *** this driver needs CONFIG_NET.  Stop.", other, "Makefile", 7,
             "this driver needs CONFIG_NET.  Stop."},
        Line{"make[1]: *** No rule to make target 'gone.o', needed by '.'.  Stop.", other, "", 0,
             "No rule to make target 'gone.o', needed by '.'.  Stop."},
        Line{"configure: error: flex not found", missing_tool, "", 0, "flex not found"},
        Line{"configure: error: pkg-config is required", missing_tool, "", 0, "pkg-config is required"},
        Line{"configure: error: no acceptable C compiler found in $PATH", missing_tool, "", 0,
             "no acceptable C compiler found in $PATH"},
        Line{"configure: error: libnl not found", other, "", 0, "libnl not found"},
        Line{"configure: error: kernel-headers not found", other, "", 0, "kernel-headers not found"},
        Line{"configure: error: zlib.h not found", other, "", 0, "zlib.h not found"},
        Line{"flex is required but was not found in PATH", missing_tool, "", 0, "flex is required but was not found in PATH"},
        Line{"bash: line 1: ./configure: cannot execute: required file not found", missing_tool, "", 0,
             "bash: line 1: ./configure: cannot execute: required file not found"},
        Line{"/bin/sh: 1: ./gen.py: /usr/bin/python2: bad interpreter: No such file or directory", missing_tool, "", 0,
             "/bin/sh: 1: ./gen.py: /usr/bin/python2: bad interpreter: No such file or directory"},
        Line{"bash: line 1: ./configure: Permission denied", other, "", 0, "bash: line 1: ./configure: Permission denied"},
        Line{"configure: error: no kernel source found", other, "", 0, "no kernel source found"}));

TEST(FailureOf, GoesByTheCodeWhereNoLogWasAsked) {
  const auto kind = [](std::string_view code) { return failure_of({.code = code, .message = "why"}).kind; };
  EXPECT_EQ(kind("compiler-missing"), missing_tool);
  EXPECT_EQ(kind("tool-missing"), missing_tool);
  EXPECT_EQ(kind("disk-full"), disk_full);
  EXPECT_EQ(kind("module-not-built"), missing_module);
  EXPECT_EQ(kind("symbol-unresolved"), api_change);
  EXPECT_EQ(kind("patch-failed"), other);
  EXPECT_EQ(failure_of({.code = "patch-failed", .message = "why"}).message, "why");
  EXPECT_EQ(failure_of({.code = "patch-failed", .message = "why"}).file, "");
}

TEST(FailureOf, HasThePlaceThatTheDiagnosticHas) {
  const Failure found = failure_of({.code = "module-not-built", .message = "why", .where = SourceSpan{"d/dkms.conf", 3, 1}});
  EXPECT_EQ(found.file, "d/dkms.conf");
  EXPECT_EQ(found.line, 3U);
}

}  // namespace
}  // namespace kmpack

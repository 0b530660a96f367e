#include "base/diagnostic_codes.hpp"

#include <algorithm>
#include <array>

namespace kmpack {
namespace {

// One line per code, in sections by folder; sorted when first asked for. docs/diagnostics.md is checked against this table.
constexpr auto kCodes = std::to_array<DiagnosticCode>({
    // sys
    {"disk-full", Fault::environment, "the disk or quota is full; what was being written was removed"},
    {"file-unreadable", Fault::environment, "a file could not be read"},
    {"file-unwritable", Fault::environment, "a file or directory could not be written"},
    {"process-failed", Fault::cell, "a program that had to succeed did not"},
    {"process-failed-to-start", Fault::environment, "a program could not be started"},
    {"tool-missing", Fault::environment, "a program that is needed is not installed"},
    // wrap
    {"archive-hostile", Fault::environment, "an archive has a member that would be written, or point, outside of its root"},
    {"archive-unreadable", Fault::environment, "an archive is absent, truncated, corrupt or of an unknown kind"},
    {"compressed-damaged", Fault::cell, "compressed data are cut short or damaged"},
    {"compressed-too-large", Fault::cell, "compressed data unpack to more than any module has"},
    {"deb-control-invalid", Fault::verification, "a control file of a Debian package does not read as deb822"},
    {"deb-hostile-path", Fault::verification, "a Debian package has a member that does not stay below its root"},
    {"deb-unreadable", Fault::verification, "a file is not a Debian package kmpack can read"},
    {"rpm-build-failed", Fault::cell, "librpmbuild refused a spec file or could not build its package"},
    {"rpm-digest-wrong", Fault::verification, "an rpm package was damaged or changed: a digest does not fit its content"},
    {"rpm-unreadable", Fault::verification, "a file is not an rpm package, or a part of one"},
    {"template-invalid", Fault::environment, "a package template has a tag or section that cannot be read"},
    {"template-unknown-name", Fault::environment, "a package template names something that has no value"},
    {"xml-doctype", Fault::input, "an XML file has a document type or entity declaration"},
    {"xml-encoding", Fault::input, "an XML file is not UTF-8"},
    {"xml-invalid", Fault::input, "a file is not well-formed XML"},
    {"xml-too-large", Fault::input, "an XML file is larger than any that describes a package"},
    // manifest
    {"attribute-missing", Fault::input, "an element lacks an attribute it needs"},
    {"attribute-unknown", Fault::input, "an element has an attribute that means nothing there; often misspelt"},
    {"config-option-invalid", Fault::input, "a required kernel option is not named CONFIG_..."},
    {"digest-invalid", Fault::input, "a SHA-256 is not 64 lower-case hexadecimal digits"},
    {"dkms-conf-unsupported", Fault::input, "the package is described by a dkms.conf, which this version does not read"},
    {"element-duplicate", Fault::input, "an element is there twice where one may be"},
    {"element-missing", Fault::input, "an element lacks an element it needs"},
    {"element-unknown", Fault::input, "an element stands where it means nothing; often misspelt"},
    {"entry-duplicate", Fault::input, "the same thing is said twice in a manifest"},
    {"file-missing", Fault::input, "a file that the manifest names is not there"},
    {"kbuild-conditional", Fault::input, "a Kbuild makes a module only under a condition; a warning"},
    {"kbuild-guess", Fault::input, "something a package needs was not found in the sources and was guessed; a warning"},
    {"kbuild-no-modules", Fault::input, "a Kbuild or Makefile names no module in obj-m"},
    {"kbuild-subdirectory", Fault::input, "a Kbuild goes on in another directory, which is built on its own; a warning"},
    {"kbuild-unclear", Fault::input, "a Kbuild or Makefile cannot be understood without running it"},
    {"kernel-range-invalid", Fault::input, "min or max is not a kernel version, or min is above max"},
    {"license-invalid", Fault::input, "a license is not an SPDX expression"},
    {"mail-invalid", Fault::input, "a mail address does not read as name@host"},
    {"maintainer-invalid", Fault::input, "a maintainer's name has characters that divide names from addresses"},
    {"make-target-invalid", Fault::input, "a make target is not one plain word"},
    {"make-variable-invalid", Fault::input, "the name of a make variable has characters make does not allow"},
    {"manifest-missing", Fault::input, "there is nothing that describes a package where the user pointed"},
    {"manifest-too-many-mistakes", Fault::input, "a manifest has so many mistakes that the rest is not shown"},
    {"module-cycle", Fault::input, "modules use each other in a circle"},
    {"module-duplicate", Fault::input, "two modules of a manifest have one name"},
    {"module-name-invalid", Fault::input, "a module name has characters the kernel does not allow, or a suffix"},
    {"module-unknown", Fault::input, "a manifest refers to a module it does not describe"},
    {"path-unsafe", Fault::input, "a path in a manifest is absolute or could lead out of its folder"},
    {"relation-invalid", Fault::input, "a requires, provides or conflicts does not read as that package format writes it"},
    {"source-ambiguous", Fault::input, "a manifest names a source directory and an archive, or parts of both"},
    {"source-missing", Fault::input, "the source directory that the manifest names is not there"},
    {"text-invalid", Fault::input, "a value that must be one line has line ends or control characters"},
    {"text-unexpected", Fault::input, "an element that holds no text has some"},
    {"url-invalid", Fault::input, "a web address does not start with http:// or https://"},
    {"value-empty", Fault::input, "a value is empty"},
    {"value-unknown", Fault::input, "a value is none of those its attribute knows; often misspelt"},
    {"version-invalid", Fault::input, "a version or release has characters one of the formats does not allow"},
    // flavors
    {"flavor-pattern-invalid", Fault::input, "a flavor pattern does not read as DIST/FLAVOR[.ARCH][@RELEASE]"},
    // headers
    // build
    {"build-failed", Fault::cell, "make did not succeed; the message has the first error of its log"},
    {"build-path-unusable", Fault::environment, "the workspace's path has a character that make or a compiler option would take apart"},
    {"compiler-mismatch", Fault::environment, "the compiler is of another major version than the one that built the kernel"},
    {"compiler-missing", Fault::environment, "the kernel's compiler is not installed"},
    {"jobserver-unusable", Fault::environment, "the job slots of the make that started kmpack cannot be used; kmpack serves its own"},
    {"kbuild-file-missing", Fault::input, "a module's directory has neither Kbuild nor Makefile"},
    {"make-unknown", Fault::environment, "the program make is not GNU make"},
    {"make-variable-reserved", Fault::input, "the manifest sets a make variable that is kmpack's own"},
    {"module-ambiguous", Fault::cell, "the build made a module of one name in several places"},
    {"module-not-built", Fault::cell, "the build did not make a module that the manifest names"},
    {"module-unnamed", Fault::cell, "the build made a module that the manifest does not name"},
    {"patch-escapes", Fault::input, "a patch changes files outside of the source"},
    {"patch-failed", Fault::cell, "a patch does not apply"},
    {"source-digest", Fault::input, "the source archive has another SHA-256 than the manifest says"},
    {"source-link-skipped", Fault::cell, "a link that leads out of the source was not copied"},
    // inspect
    {"module-duplicate-built", Fault::cell, "two modules of one package have the same name"},
    {"module-in-tree", Fault::cell, "the kernel has a module of the same name; a warning that tells which one wins"},
    {"module-no-vermagic", Fault::cell, "an object file does not say which kernel it was built for"},
    {"module-not-elf", Fault::cell, "a file is not a relocatable ELF object, as kernel modules are"},
    {"module-unreadable", Fault::cell, "a module could not be read, decompressed or understood"},
    {"module-wrong-architecture", Fault::cell, "a module is for another machine than its kernel"},
    {"module-wrong-kernel", Fault::cell, "a module's vermagic names another kernel release than the one it was built for"},
    {"signature-malformed", Fault::verification, "the signature at the end of a module cannot be read"},
    {"symbol-crc-differs", Fault::cell, "a module was built against another version of a symbol than its kernel has"},
    {"symbol-crc-missing", Fault::cell, "a module records no CRC for a symbol whose CRC the kernel compares"},
    {"symbol-gpl-only", Fault::cell, "a module that is not GPL uses a symbol for GPL modules only"},
    {"symbol-namespace", Fault::cell, "a module uses a symbol of a namespace that it does not import"},
    {"symbol-unresolved", Fault::cell, "a module needs a symbol that neither its kernel nor its package exports"},
    {"symvers-malformed", Fault::environment, "a Module.symvers has a line that cannot be read"},
    // sign
    {"certificate-expired", Fault::environment, "a signing certificate is not valid now"},
    {"certificate-unreadable", Fault::environment, "a file is not an X.509 certificate in PEM or DER"},
    {"key-certificate-mismatch", Fault::environment, "a private key and a certificate do not belong together"},
    {"key-exists", Fault::environment, "a file that a new key would be written to is there already"},
    {"key-not-rsa", Fault::environment, "a signing key is of a kind that kernels do not verify"},
    {"key-passphrase-missing", Fault::environment, "a signing key is encrypted and no passphrase was given"},
    {"key-passphrase-wrong", Fault::environment, "the passphrase does not open the signing key"},
    {"key-request-invalid", Fault::usage, "what a new key was asked to be cannot be"},
    {"key-unreadable", Fault::environment, "a private key could not be read"},
    {"module-already-signed", Fault::cell, "a module that was to be signed or packed has a signature already"},
    {"seal-mismatch", Fault::cell, "a finished module read back from disk is not what was written"},
    {"signature-attributes", Fault::verification, "a signature has signed attributes, which the kernel's loader refuses"},
    {"signature-hash-unknown", Fault::cell, "a kernel asks for a signature hash that kmpack does not know"},
    {"signature-invalid", Fault::verification, "a module's content is not what was signed"},
    {"signature-missing", Fault::verification, "a module that had to be signed is not"},
    {"signature-other-key", Fault::verification, "a module is signed by another key than the one expected"},
    {"signing-failed", Fault::cell, "OpenSSL could not make a signature"},
    // package
    {"architecture-unknown", Fault::cell, "kmpack does not know how package formats call a kernel's architecture"},
    {"document-missing", Fault::input, "a license or document named in the manifest is not in the source, or leads out of it"},
    {"package-name-invalid", Fault::input, "a name, version or kernel release cannot be written in a package format"},
    {"package-path-invalid", Fault::input, "a path cannot be written in a package format"},
    {"script-invalid", Fault::input, "a script fragment of the manifest is not shell that can be read"},
    {"template-missing", Fault::environment, "a package template was not found in any template directory"},
    // verify
    {"boot-certificate-missing", Fault::verification, "the booted kernel did not take the certificate from the firmware"},
    {"boot-guest-died", Fault::verification, "the booted kernel ended, or is another one, before all modules were tried"},
    {"boot-module-failed", Fault::verification, "a module does not load in the booted kernel"},
    {"boot-no-output", Fault::verification, "the emulator said nothing on the guest's serial line"},
    {"boot-not-refused", Fault::verification, "a kernel that enforces signatures took an unsigned or tampered module"},
    {"boot-timeout", Fault::verification, "the booted kernel was not done within its time limit"},
    {"boot-unsupported", Fault::environment, "this kernel or module cannot be tried in an emulator"},
    {"firmware-unusable", Fault::environment, "the firmware's variable store cannot be given a certificate"},
    {"initramfs-of-another-kernel", Fault::verification, "a package's script refreshes the initramfs of another kernel than its own"},
    {"install-failed", Fault::verification, "dpkg or rpm could not install, upgrade or remove the packages in a scratch root"},
    {"install-leftovers", Fault::verification, "removing the packages does not restore what was there before"},
    {"module-not-resolved", Fault::verification, "modprobe would load another file, or none, after the package is installed"},
    {"module-signed-twice", Fault::verification, "a module carries more than one signature"},
    {"module-unsigned", Fault::verification, "a module that had to be signed is not"},
    {"need-assumed", Fault::verification, "a package needs another one that verification took to be installable (warning)"},
    {"package-architecture", Fault::verification, "a package or module is for another architecture than its kernel"},
    {"package-compression", Fault::verification, "a module is compressed in a way that its kernel cannot read"},
    {"package-module-misplaced", Fault::verification, "a module lies where its kernel does not look"},
    {"package-name", Fault::verification, "a package's or module's name is missing, doubled or does not fit"},
    {"package-no-modules", Fault::verification, "none of the packages has a module for the kernel"},
    {"package-overwrites-kernel", Fault::verification, "a package has files that belong to the kernel's own package"},
    {"package-owner", Fault::verification, "a package has files that do not belong to root"},
    {"package-path-escapes", Fault::verification, "a package has a path or link that leaves its root"},
    {"package-relation-missing", Fault::verification, "a package does not need what it must need: its kernel, kmod"},
    {"package-release", Fault::verification, "a package has modules for another kernel, or for more than one"},
    {"package-script", Fault::verification, "a package's scripts do not run depmod for its kernel, or do not ask whether it is there"},
    {"package-special-file", Fault::verification, "a package has a device, a setuid file or one that others may write"},
    {"package-unknown-format", Fault::usage, "a file's name ends neither in .deb nor in .rpm"},
    {"package-vermagic", Fault::verification, "a module was built for another kernel than the one it is installed for"},
    {"root-unavailable", Fault::environment, "rpm cannot have a root directory of its own on this machine"},
    {"symbols-unchecked", Fault::verification, "symbols could not be checked: the kernel's Module.symvers is not there (warning)"},
    {"symbols-unresolved", Fault::verification, "depmod finds symbols in the modules that the kernel does not have"},
    // pipeline
    {"cache-unknown", Fault::environment, "no directory for the header store is named, and there is no home to have one in"},
    {"manifest-twice", Fault::input, "two manifests of one run describe packages of one name"},
    {"workspace-in-use", Fault::environment, "another run works in the same workspace"},
    // cli
    {"internal-error", Fault::cell, "something happened that kmpack did not foresee"},
    {"interrupted", Fault::cell, "the user stopped the command; its exit status is 130"},
    {"lock-missing", Fault::input, "the lock file named by --lock is not there"},
    {"manifest-exists", Fault::input, "init would have overwritten a kmpack.xml"},
    {"packages-none", Fault::usage, "a directory given to verify holds no packages"},
    {"passphrase-differs", Fault::usage, "a new passphrase was typed in two ways"},
    {"passphrase-unreadable", Fault::environment, "the passphrase could not be read from its file descriptor"},
    {"usage-bad-value", Fault::usage, "an option's value is not one it takes"},
    {"usage-conflict", Fault::usage, "options that exclude or need each other, or one given twice"},
    {"usage-missing-argument", Fault::usage, "a command or option needs something that was not given"},
    {"usage-unexpected-argument", Fault::usage, "an argument too many"},
    {"usage-unknown-command", Fault::usage, "no such command"},
    {"usage-unknown-option", Fault::usage, "no such option"},
    {"verify-kernel-unknown", Fault::verification, "packages are for a kernel that is not known here"},
});

constexpr auto sorted_codes() {
  auto codes = kCodes;
  std::ranges::sort(codes, {}, &DiagnosticCode::code);
  return codes;
}
constexpr auto kSorted = sorted_codes();

}  // namespace

std::span<const DiagnosticCode> diagnostic_codes() noexcept { return kSorted; }

Fault fault_of(std::string_view code) noexcept {
  const auto* found = std::ranges::lower_bound(kSorted, code, {}, &DiagnosticCode::code);
  return found != kSorted.end() && found->code == code ? found->fault : Fault::cell;
}

}  // namespace kmpack

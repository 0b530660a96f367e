#include "wrap/rpm.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <rpm/rpmcli.h>
#include <rpm/rpmcrypto.h>
#include <rpm/rpmds.h>
#include <rpm/rpmfiles.h>
#include <rpm/rpmkeyring.h>
#include <rpm/rpmlib.h>
#include <rpm/rpmlog.h>
#include <rpm/rpmts.h>
#include <sys/stat.h>

#include <array>
#include <cstdlib>
#include <mutex>
#include <span>

#include "base/owned.hpp"
#include "base/text.hpp"
#include "kmpack/diagnostic.hpp"

namespace fs = std::filesystem;

namespace kmpack {
namespace {

using TransactionSet = Owned<rpmts_s, rpmtsFree>;
using Keyring = Owned<rpmKeyring_s, rpmKeyringFree>;
using PackageHeader = Owned<headerToken_s, headerFree>;
using File = Owned<_FD_s, Fclose>;
using Dependencies = Owned<rpmds_s, rpmdsFree>;
using Files = Owned<rpmfiles_s, rpmfilesFree>;
using Text = Owned<char, std::free>;

/// librpm keeps its log, its crypto and its macros in globals.
std::mutex& library_turn() {
  static std::mutex turn;
  return turn;
}

int swallow(rpmlogRec /*record*/, rpmlogCallbackData data) noexcept {
  // The default handler would write to stderr, which is not ours.
  static_cast<void>(data);
  return 0;
}

class QuietLog {
 public:
  QuietLog() : before_(rpmlogSetCallback(swallow, nullptr)) {}
  ~QuietLog() { rpmlogSetCallback(before_, nullptr); }
  QuietLog(const QuietLog&) = delete;
  QuietLog& operator=(const QuietLog&) = delete;

 private:
  rpmlogCallback before_;
};

/// Null when librpm refuses the package with these checks on.
PackageHeader try_read(const fs::path& path, rpmVSFlags without) {
  const TransactionSet set(rpmtsCreate());
  // An empty keyring keeps librpm from opening the host's database to fill one.
  const Keyring none(rpmKeyringNew());
  rpmtsSetKeyring(set.get(), none.get());
  rpmtsSetVSFlags(set.get(), without);
  const File file(Fopen(path.c_str(), "r.ufdio"));
  if (!file || Ferror(file.get()) != 0) return {};
  Header header = nullptr;
  const rpmRC result = rpmReadPackageFile(set.get(), file.get(), path.c_str(), &header);
  PackageHeader owned(header);
  if (result == RPMRC_FAIL || result == RPMRC_NOTFOUND) owned.reset();
  return owned;
}

/// Every digest over header and payload; reading the header alone leaves the payload out.
bool digests_fit(const fs::path& path) {
  const TransactionSet set(rpmtsCreate());
  const Keyring none(rpmKeyringNew());
  rpmtsSetKeyring(set.get(), none.get());
  rpmtsSetVfyLevel(set.get(), RPMSIG_DIGEST_TYPE);
  rpmtsSetVfyFlags(set.get(), RPMVSF_MASK_NOSIGNATURES);
  const File file(Fopen(path.c_str(), "r.ufdio"));
  rpmQVKArguments_s arguments{};
  arguments.qva_mode = 'K';
  return file && rpmVerifySignatures(&arguments, set.get(), file.get(), path.c_str()) == 0;
}

PackageHeader read(const fs::path& path) {
  const auto signatures = static_cast<rpmVSFlags>(RPMVSF_MASK_NOSIGNATURES);
  PackageHeader header = try_read(path, signatures);
  if (header && digests_fit(path)) return header;
  struct stat facts {};
  if (::stat(path.c_str(), &facts) != 0) {
    throw Error({.code = "rpm-unreadable", .message = fmt::format("there is no package {}", path.string())});
  }
  const auto everything = static_cast<rpmVSFlags>(RPMVSF_MASK_NOSIGNATURES | RPMVSF_MASK_NODIGESTS);
  if (try_read(path, everything)) {
    throw Error({.code = "rpm-digest-wrong",
                 .message = fmt::format("{} was damaged or changed: a digest in it does not fit its content", path.string()),
                 .hint = "fetch or build the package again"});
  }
  throw Error({.code = "rpm-unreadable", .message = fmt::format("{} is not an rpm package, or a part of one", path.string())});
}

std::string text_of(Header header, rpmTag tag) {
  const char* text = headerGetString(header, tag);
  return text == nullptr ? std::string() : std::string(text);
}

std::string compare_of(rpmsenseFlags flags) {
  std::string compare;
  if ((flags & RPMSENSE_LESS) != 0) compare += '<';
  if ((flags & RPMSENSE_GREATER) != 0) compare += '>';
  if ((flags & RPMSENSE_EQUAL) != 0) compare += '=';
  return compare;
}

std::vector<RpmRelation> relations_of(Header header, rpmTagVal tag) {
  std::vector<RpmRelation> relations;
  const Dependencies all(rpmdsNew(header, tag, 0));
  while (all && rpmdsNext(all.get()) >= 0) {
    const rpmsenseFlags flags = rpmdsFlags(all.get());
    if ((flags & RPMSENSE_RPMLIB) != 0) continue;
    const char* version = rpmdsEVR(all.get());
    relations.push_back({.name = rpmdsN(all.get()), .compare = compare_of(flags), .version = version == nullptr ? "" : version});
  }
  return relations;
}

std::vector<RpmScript> scripts_of(Header header) {
  struct Phase {
    const char* name;
    rpmTag script;
    rpmTag interpreter;
  };
  constexpr std::array kPhases{Phase{"pre", RPMTAG_PREIN, RPMTAG_PREINPROG},
                               Phase{"post", RPMTAG_POSTIN, RPMTAG_POSTINPROG},
                               Phase{"preun", RPMTAG_PREUN, RPMTAG_PREUNPROG},
                               Phase{"postun", RPMTAG_POSTUN, RPMTAG_POSTUNPROG},
                               Phase{"pretrans", RPMTAG_PRETRANS, RPMTAG_PRETRANSPROG},
                               Phase{"posttrans", RPMTAG_POSTTRANS, RPMTAG_POSTTRANSPROG}};
  std::vector<RpmScript> scripts;
  for (const Phase& phase : kPhases) {
    const char* script = headerGetString(header, phase.script);
    const char* interpreter = headerGetString(header, phase.interpreter);
    if (script == nullptr && interpreter == nullptr) continue;
    scripts.push_back({.phase = phase.name,
                       .interpreter = interpreter == nullptr ? "/bin/sh" : interpreter,
                       .text = script == nullptr ? "" : script});
  }
  return scripts;
}

RpmFile file_at(rpmfiles files, int index) {
  RpmFile file;
  if (const Text path(rpmfilesFN(files, index)); path) file.path = path.get();
  file.mode = rpmfilesFMode(files, index);
  file.size = rpmfilesFSize(files, index);
  file.mtime = rpmfilesFMtime(files, index);
  int algorithm = 0;
  std::size_t length = 0;
  const unsigned char* digest = rpmfilesFDigest(files, index, &algorithm, &length);
  if (digest != nullptr && S_ISREG(file.mode)) file.digest = to_hex(std::span(digest, length));
  const auto or_empty = [](const char* text) { return text == nullptr ? std::string() : std::string(text); };
  file.link = or_empty(rpmfilesFLink(files, index));
  file.owner = or_empty(rpmfilesFUser(files, index));
  file.group = or_empty(rpmfilesFGroup(files, index));
  const rpmfileAttrs attributes = rpmfilesFFlags(files, index);
  file.config = (attributes & RPMFILE_CONFIG) != 0;
  file.doc = (attributes & RPMFILE_DOC) != 0;
  file.license = (attributes & RPMFILE_LICENSE) != 0;
  return file;
}

void take_files(RpmHeader& into, Header header) {
  const Files files(rpmfilesNew(nullptr, header, RPMTAG_BASENAMES, RPMFI_KEEPHEADER));
  if (!files) return;
  into.file_digest_algorithm = static_cast<unsigned>(rpmfilesDigestAlgo(files.get()));
  const auto count = static_cast<int>(rpmfilesFC(files.get()));
  for (int index = 0; index < count; ++index) into.files.push_back(file_at(files.get(), index));
}

RpmHeader facts_of(Header header) {
  RpmHeader facts;
  facts.name = text_of(header, RPMTAG_NAME);
  if (headerIsEntry(header, RPMTAG_EPOCH) != 0) facts.epoch = std::to_string(headerGetNumber(header, RPMTAG_EPOCH));
  facts.version = text_of(header, RPMTAG_VERSION);
  facts.release = text_of(header, RPMTAG_RELEASE);
  facts.arch = headerIsSource(header) != 0 ? "src" : text_of(header, RPMTAG_ARCH);
  facts.summary = text_of(header, RPMTAG_SUMMARY);
  facts.description = text_of(header, RPMTAG_DESCRIPTION);
  facts.license = text_of(header, RPMTAG_LICENSE);
  facts.url = text_of(header, RPMTAG_URL);
  facts.vendor = text_of(header, RPMTAG_VENDOR);
  facts.packager = text_of(header, RPMTAG_PACKAGER);
  facts.build_host = text_of(header, RPMTAG_BUILDHOST);
  facts.build_time = static_cast<std::int64_t>(headerGetNumber(header, RPMTAG_BUILDTIME));
  facts.payload_format = text_of(header, RPMTAG_PAYLOADFORMAT);
  facts.payload_compressor = text_of(header, RPMTAG_PAYLOADCOMPRESSOR);
  facts.header_digest = text_of(header, RPMTAG_SHA256HEADER);
  facts.signed_package = headerIsEntry(header, RPMTAG_RSAHEADER) != 0 || headerIsEntry(header, RPMTAG_DSAHEADER) != 0 ||
                         headerIsEntry(header, RPMTAG_SIGPGP) != 0 || headerIsEntry(header, RPMTAG_SIGGPG) != 0;
  facts.requires_ = relations_of(header, RPMTAG_REQUIRENAME);
  facts.provides = relations_of(header, RPMTAG_PROVIDENAME);
  facts.conflicts = relations_of(header, RPMTAG_CONFLICTNAME);
  facts.obsoletes = relations_of(header, RPMTAG_OBSOLETENAME);
  facts.recommends = relations_of(header, RPMTAG_RECOMMENDNAME);
  facts.scripts = scripts_of(header);
  take_files(facts, header);
  return facts;
}

}  // namespace

RpmHeader read_rpm_header(const fs::path& file) {
  const std::lock_guard turn(library_turn());
  const QuietLog quiet;
  static const int crypto = rpmInitCrypto();
  if (crypto != 0) throw Error({.code = "rpm-unreadable", .message = "librpm could not start its digest library"});
  return facts_of(read(file).get());
}

}  // namespace kmpack

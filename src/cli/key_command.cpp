#include "cli/commands.hpp"
#include "cli/json.hpp"
#include "cli/passphrase.hpp"

namespace kmpack {

int run_key_new(const Work& work) {
  const KeyOptions& wanted = work.options.new_key;
  KeyRequest request{.common_name = wanted.common_name.empty() ? wanted.name + " module signing key" : wanted.common_name,
                     .organization = wanted.organization,
                     .prefix = wanted.directory / wanted.name,
                     .days = wanted.days,
                     .passphrase = {}};
  if (wanted.passphrase == Wish::yes) request.passphrase = new_passphrase(request.prefix.string() + ".key", work.stop);
  if (work.options.passphrase_fd) request.passphrase = passphrase_source(work.options.passphrase_fd, work.stop)("");
  const KeyFiles files = create_key(request);
  const Certificate certificate = Certificate::load(files.certificate);
  if (work.console.json()) {
    work.console.answer(to_json(files, certificate));
    return 0;
  }
  work.console.answer("key          " + files.key.string() + "\ncertificate  " + files.certificate.string() + "\nto enroll    " +
                      files.der.string() + "\nname         " + printable(certificate.common_name()) + "\nserial       " +
                      certificate.serial() + "\n");
  work.console.say("sign with: kmpack build --key " + files.key.string() + " --certificate " + files.certificate.string());
  work.console.say("trust it on a machine with: mokutil --import " + files.der.string());
  return 0;
}

}  // namespace kmpack

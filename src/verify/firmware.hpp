#pragma once

#include <string>
#include <string_view>

namespace kmpack {

/// A copy of a firmware variable store with a certificate added to its signature database `db`.
///
/// Shape:   bytes of an empty variable store template and of a DER certificate in, bytes of the same size out. A template of
///          nothing but zeros, as AAVMF's is, is formatted first. The store stays in setup mode: the kernel trusts the
///          certificate, Secure Boot is off.
/// Errors:  firmware-unusable (not a store that is understood, `db` there already, no room).
/// Source:  edk2 MdeModulePkg/Include/Guid/VariableFormat.h, MdePkg/Include/Pi/PiFirmwareVolume.h, ArmVirtPkg/VarStore.fdf.inc;
/// UEFI 2.10 §32.4.1.
std::string with_trusted_certificate(std::string_view variables, std::string_view certificate_der);

}  // namespace kmpack

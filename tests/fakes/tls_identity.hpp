#pragma once

#include <string>

namespace tykup::fakes {

/// A fresh key with a certificate that it signed itself.
struct TlsIdentity {
  std::string key_pem;
  std::string certificate_pem;
};

/// For the names in `names`, spelled as in a subjectAltName: "DNS:localhost,IP:127.0.0.1". `usages` as in an
/// extendedKeyUsage, "serverAuth"; empty: all.
TlsIdentity make_tls_identity(std::string const& names, std::string const& usages = {});

}  // namespace tykup::fakes

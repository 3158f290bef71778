#include "daemon/net/tls_client.hpp"

#include <boost/asio/ssl/error.hpp>

#include "daemon/net/addresses.hpp"

namespace tykup::net {

namespace asio = boost::asio;
namespace ssl = asio::ssl;
using boost::system::error_code;

namespace {

void demand_proof(SSL* session, std::string const& host) {
  SSL_set_verify(session, SSL_VERIFY_PEER, nullptr);
  if (is_address(host)) {
    X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(session), host.c_str());
  } else {
    SSL_set1_host(session, host.c_str());
  }
}

}  // namespace

std::string load(ssl::context& context, Trust const& trust) {
  error_code unusable;
  if (trust.proof == ServerProof::Demanded && trust.ca_file.empty()) {
    context.set_default_verify_paths(unusable);  // an empty trust store fails the handshake, which tells it
  } else if (trust.proof == ServerProof::Demanded) {
    context.load_verify_file(trust.ca_file, unusable);
    if (unusable) return "the certificates in " + trust.ca_file + " cannot be read: " + unusable.message();
  }
  if (trust.cert_file.empty()) return {};
  context.use_certificate_chain_file(trust.cert_file, unusable);
  if (unusable) return "the certificate in " + trust.cert_file + " cannot be read: " + unusable.message();
  context.use_private_key_file(trust.key_file, ssl::context::pem, unusable);
  if (unusable) return "the key in " + trust.key_file + " cannot be read or is not the certificate's: " + unusable.message();
  return {};
}

void ask_for_proof(SSL* session, std::string const& host, ServerProof proof) {
  if (proof == ServerProof::Demanded) demand_proof(session, host);
  auto name = host;
  if (!is_address(name)) SSL_ctrl(session, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, name.data());
}

std::string why_not_trusted(error_code error, SSL* session) {
  if (error.category() != asio::error::get_ssl_category()) return {};
  if (ERR_GET_REASON(static_cast<unsigned long>(error.value())) != SSL_R_CERTIFICATE_VERIFY_FAILED) return {};
  return std::string("its certificate is not trusted: ") + X509_verify_cert_error_string(SSL_get_verify_result(session));
}

bool is_about_our_certificate(error_code error) {
  if (error.category() != asio::error::get_ssl_category()) return false;
  auto const reason = ERR_GET_REASON(static_cast<unsigned long>(error.value()));
  return reason == SSL_R_SSLV3_ALERT_BAD_CERTIFICATE || reason == SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED ||
         reason == SSL_R_TLSV1_ALERT_UNKNOWN_CA || reason == SSL_R_SSLV3_ALERT_CERTIFICATE_UNKNOWN ||
         reason == SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED || reason == SSL_R_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE;
}

}  // namespace tykup::net

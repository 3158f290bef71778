#pragma once

#include <boost/asio/ssl/context.hpp>
#include <string>

#include "daemon/net/http_connection.hpp"

/// How a client trusts and is trusted, in the words of `HttpReply`.
namespace tykup::net {

/// Empty, or which file of certificates or keys cannot be used.
[[nodiscard]] std::string load(boost::asio::ssl::context& context, Trust const& trust);
/// Before the handshake: that name is asked for, and must be proven where that is demanded.
void ask_for_proof(SSL* session, std::string const& host, ServerProof proof);
/// After a handshake that failed: why the server's certificate is not trusted; empty where it is not about that.
[[nodiscard]] std::string why_not_trusted(boost::system::error_code error, SSL* session);
/// The server says, before or after the handshake, that it does not take what this host showed.
[[nodiscard]] bool is_about_our_certificate(boost::system::error_code error);

}  // namespace tykup::net

#pragma once

#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>
#include <exception>

/// How the coroutines of the loop end.
namespace tykup::agent {

/// A defect in a coroutine of ours must not vanish: it ends the daemon, systemd starts it again, and the saved state
/// is entered once more.
inline void rethrow(std::exception_ptr const& thrown) {
  if (thrown) std::rethrow_exception(thrown);
}

/// Somebody ended the wait; nothing is wrong.
[[nodiscard]] inline bool was_cancelled(std::exception_ptr const& thrown) try {
  rethrow(thrown);
  return false;
} catch (boost::system::system_error const& error) {
  return error.code() == boost::asio::error::operation_aborted;
} catch (...) {
  return false;
}

}  // namespace tykup::agent

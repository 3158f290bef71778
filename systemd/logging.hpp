#pragma once

#include <string>

namespace tykup::systemd {

/// Standard error is a stream to journald ($JOURNAL_STREAM names the very file that descriptor 2 is).
bool stderr_is_journal();
/// The same for any descriptor and value of the variable.
bool is_journal_stream(int fd, std::string const& journal_stream);

/// Makes spdlog's default logger write to the journal with proper priorities, or, where standard error is not the
/// journal, plain lines to standard error. `identifier` is SYSLOG_IDENTIFIER, "tykupd".
void set_up_logging(std::string const& identifier, bool debug);

}  // namespace tykup::systemd

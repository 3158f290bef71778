#include "pkg/rpm/rpm_log.hpp"

#include <rpm/rpmlog.h>

namespace tykup::pkg::rpm {
namespace {

struct Collected {
  std::string words;
  std::function<void(std::string const&)> hear;
};
Collected& collected() {
  static Collected collected;
  return collected;
}

int collect(rpmlogRec record, rpmlogCallbackData) {
  if (rpmlogRecPriority(record) > RPMLOG_WARNING) return 0;
  auto const* message = rpmlogRecMessage(record);
  std::string line = message == nullptr ? "" : message;
  line.erase(line.find_last_not_of('\n') + 1);
  // Signatures are checked by our own keyring; that rpm's has not got the key is no news.
  if (line.empty() || line.ends_with(": NOKEY")) return 0;
  collected().words += line + '\n';
  if (collected().hear) collected().hear(line);
  return 0;
}

}  // namespace

RpmLog::RpmLog(std::function<void(std::string const&)> hear) {
  collected() = {{}, std::move(hear)};
  listen();
}
void RpmLog::listen() const {
  rpmlogSetCallback(collect, nullptr);
}
RpmLog::~RpmLog() {
  rpmlogSetCallback(nullptr, nullptr);
  collected() = {};
}

std::string RpmLog::words() const {
  return collected().words;
}

}  // namespace tykup::pkg::rpm

#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <string>
#include <vector>

#include "daemon/agent/ports.hpp"

namespace tykup::os {

/// agent::FreezeFiles: iCalendar files of the disk, watched by the kernel (inotify). It is their folders that are
/// watched, those that links lead to among them: an editor, a package or a configuration tool puts a new file in the
/// place of the old one. Where the kernel has no watch left the files are looked at every minute.
class InotifyFreezeFiles final : public agent::FreezeFiles {
 public:
  explicit InotifyFreezeFiles(boost::asio::any_io_executor executor);

  Result<std::vector<Freeze>> read(FreezeCalendar const& calendar, Interval range) override;
  void watch(std::vector<std::string> const& files) override;
  agent::Awaitable<void> changed() override;

 private:
  void arm();
  /// True if the folder, or the nearest above it that is there, is watched now.
  bool watch_folder(std::string const& folder);
  agent::Awaitable<void> await_word();
  void discard_words();
  [[nodiscard]] std::string look() const;

  boost::asio::posix::stream_descriptor kernel_;
  bool complete_ = false;  ///< every folder is watched
  std::vector<std::string> files_;
  std::vector<int> watches_;
  std::string seen_;  ///< the files as they were when they were last read
};

}  // namespace tykup::os

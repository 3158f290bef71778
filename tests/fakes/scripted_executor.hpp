#pragma once

#include <boost/asio/io_context.hpp>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace tykup::fakes {

/// What the executor's end does with one connection.
struct Turn {
  std::vector<std::string> lines = {};  ///< each is ended by a line feed
  std::string rest = {};                ///< said last, as it is
  bool reads = true;                    ///< false: closes without reading
};

/// The executor's socket with a play: the first connection gets the first turn and so on; further ones get the last.
class ScriptedExecutor {
 public:
  ScriptedExecutor(boost::asio::io_context& loop, std::filesystem::path socket, std::vector<Turn> turns);
  ~ScriptedExecutor();
  ScriptedExecutor(ScriptedExecutor const&) = delete;
  ScriptedExecutor& operator=(ScriptedExecutor const&) = delete;

  /// The request lines that arrived, in order.
  [[nodiscard]] std::vector<std::string> const& requests() const;

 private:
  struct Stage;
  std::shared_ptr<Stage> stage_;
};

}  // namespace tykup::fakes

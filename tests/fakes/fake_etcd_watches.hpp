#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "daemon/core/etcd.hpp"

namespace tykup::fakes {

using EtcdEvent = std::shared_ptr<etcd::WatchEvent const>;

[[nodiscard]] bool holds(etcd::KeyRange const& range, std::string const& key);

/// Who watches what, and what each has not been told yet. A change costs by those whom it concerns: watches of one key and of
/// a prefix are found by name, of other ranges each is asked once, however many watch it.
class EtcdWatches {
 public:
  using Id = std::uint64_t;

  Id add(etcd::KeyRange keys, etcd::Revision from);
  void tell(EtcdEvent const& event);
  /// Only that one, whatever it began with.
  void tell(Id watch, EtcdEvent const& event);
  void end(Id watch, etcd::WatchEnd end);
  void end_all(etcd::WatchEnd const& end);
  etcd::WatchNews take(Id watch, etcd::Revision now);
  std::vector<Id> take_ready();
  void remove(Id watch);

 private:
  struct Watch {
    etcd::KeyRange keys;
    etcd::Revision from = 0;
    std::vector<EtcdEvent> untold = {};
    std::optional<etcd::WatchEnd> end = {};
  };
  using Ids = std::set<Id>;
  using Named = std::unordered_map<std::string, Ids>;

  /// Calls it with the one place where the watch is kept by its range.
  template <typename Act>
  void at_place(etcd::KeyRange const& keys, Act act);
  void tell(Ids const& ids, EtcdEvent const& event);

  Id last_ = 0;
  std::map<Id, Watch> watches_ = {};
  Ids ready_ = {};
  Named by_key_ = {};
  std::map<std::size_t, Named> by_prefix_ = {};
  std::map<std::pair<std::string, std::string>, Ids> by_range_ = {};
};

}  // namespace tykup::fakes

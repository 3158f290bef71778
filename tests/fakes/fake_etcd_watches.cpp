#include "tests/fakes/fake_etcd_watches.hpp"

namespace tykup::fakes {

using etcd::KeyRange;

bool holds(KeyRange const& range, std::string const& key) {
  if (range.end.empty()) return key == range.begin;
  return range.begin <= key && (range.end == std::string(1, '\0') || key < range.end);
}

template <typename Act>
void EtcdWatches::at_place(KeyRange const& keys, Act act) {
  if (keys.end.empty()) {
    auto const place = by_key_.try_emplace(keys.begin).first;
    act(place->second);
    if (place->second.empty()) by_key_.erase(place);
  } else if (keys == etcd::under(keys.begin)) {
    auto const length = by_prefix_.try_emplace(keys.begin.size()).first;
    auto const place = length->second.try_emplace(keys.begin).first;
    act(place->second);
    if (place->second.empty()) length->second.erase(place);
    if (length->second.empty()) by_prefix_.erase(length);
  } else {
    auto const place = by_range_.try_emplace({keys.begin, keys.end}).first;
    act(place->second);
    if (place->second.empty()) by_range_.erase(place);
  }
}

EtcdWatches::Id EtcdWatches::add(KeyRange keys, etcd::Revision from) {
  auto const id = ++last_;
  at_place(keys, [id](Ids& ids) { ids.insert(id); });
  watches_.emplace(id, Watch{std::move(keys), from});
  return id;
}

void EtcdWatches::tell(Id id, EtcdEvent const& event) {
  auto& watch = watches_.at(id);
  if (watch.end || event->value.mod_revision < watch.from) return;
  watch.untold.push_back(event);
  ready_.insert(id);
}

void EtcdWatches::tell(Ids const& ids, EtcdEvent const& event) {
  for (auto const id : ids) tell(id, event);
}

void EtcdWatches::tell(EtcdEvent const& event) {
  auto const& key = event->value.key;
  if (auto const found = by_key_.find(key); found != by_key_.end()) tell(found->second, event);
  for (auto const& [length, prefixes] : by_prefix_) {
    if (length > key.size()) break;
    if (auto const found = prefixes.find(key.substr(0, length)); found != prefixes.end()) tell(found->second, event);
  }
  for (auto const& [range, ids] : by_range_) {
    if (holds({range.first, range.second}, key)) tell(ids, event);
  }
}

void EtcdWatches::end(Id id, etcd::WatchEnd end) {
  auto const found = watches_.find(id);
  if (found == watches_.end() || found->second.end) return;
  found->second.end = std::move(end);
  ready_.insert(id);
}

void EtcdWatches::end_all(etcd::WatchEnd const& end) {
  for (auto const& entry : watches_) this->end(entry.first, end);
}

etcd::WatchNews EtcdWatches::take(Id id, etcd::Revision now) {
  etcd::WatchNews news;
  news.revision = now;
  ready_.erase(id);
  auto const found = watches_.find(id);
  if (found == watches_.end()) {
    news.end.emplace();
    return news;
  }
  for (auto const& event : found->second.untold) news.events.push_back(*event);
  found->second.untold.clear();
  news.end = found->second.end;
  if (news.end) remove(id);
  return news;
}

std::vector<EtcdWatches::Id> EtcdWatches::take_ready() {
  std::vector<Id> ready(ready_.begin(), ready_.end());
  ready_.clear();
  return ready;
}

void EtcdWatches::remove(Id id) {
  auto const found = watches_.find(id);
  if (found == watches_.end()) return;
  at_place(found->second.keys, [id](Ids& ids) { ids.erase(id); });
  watches_.erase(found);
  ready_.erase(id);
}

}  // namespace tykup::fakes

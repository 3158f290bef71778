#include "daemon/wire/fleet_board.hpp"

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

#include "daemon/wire/fleet_json.hpp"

namespace tykup::wire {

using namespace fleet;

namespace {

std::vector<std::string> parts_of(std::string_view text) {
  std::vector<std::string> parts;
  for (;;) {
    auto const slash = text.find('/');
    parts.emplace_back(text.substr(0, slash));
    if (slash == std::string_view::npos) return parts;
    text.remove_prefix(slash + 1);
  }
}

std::optional<std::int64_t> number_in(std::string const& text) {
  std::int64_t number = 0;
  auto const* end = text.data() + text.size();
  auto const [at, error] = std::from_chars(text.data(), end, number);
  if (text.empty() || error != std::errc{} || at != end || number < 0) return {};
  return number;
}

bool are_names(std::vector<std::string> const& parts) { return std::ranges::all_of(parts, is_key_part); }

/// Reads the values of one folder after the other into the board.
class Reader {
 public:
  Reader(Board& board, Keys keys, KnownHosts* known)
      : board_(board), keys_(std::move(keys)), root_(keys_.everything().begin), known_(known) {}

  Result<void> read(etcd::KeyValue const& value) {
    if (value.key == keys_.meta()) return stored(value, board_.meta);
    if (value.key == keys_.policy()) return stored(value, board_.policy);
    if (value.key == keys_.rollout()) return stored(value, board_.rollout);
    if (value.key == keys_.freeze()) return stored(value, board_.freeze);
    if (value.key == keys_.roster()) return board_.roster = value.mod_revision, Result<void>{};
    auto const parts = parts_of(std::string_view(value.key).substr(root_.size()));
    auto const problem = value.key == keys_.teller() ? beside(value, board_.teller)
                         : value.key == keys_.told() ? beside(value, board_.told)
                         : are_names(parts) ? read(value, parts) : std::optional<std::string>("its key is none of a fleet");
    if (problem) board_.unreadable.push_back({value.key.substr(root_.size()), *problem});
    return {};
  }

 private:
  using Problem = std::optional<std::string>;

  template <typename Record>
  static Result<void> stored(etcd::KeyValue const& value, Stored<Record>& into) {
    auto record = parse_fleet<Record>(value.value);
    if (!record) return fail(with_context(record.error(), value.key));
    into = {std::move(*record), value.create_revision, value.mod_revision};
    return {};
  }

  /// Nothing is decided by it.
  template <typename Record>
  static Problem beside(etcd::KeyValue const& value, Stored<Record>& into) {
    auto const read = stored(value, into);
    return read ? Problem{} : Problem{read.error().message};
  }

  template <typename Record, typename Keep>
  static Problem kept(etcd::KeyValue const& value, Keep keep) {
    auto record = parse_fleet<Record>(value.value);
    if (!record) return record.error().message;
    keep(std::move(*record));
    return {};
  }

  Problem read(etcd::KeyValue const& value, std::vector<std::string> const& parts) {
    auto const& folder = parts.front();
    if (folder == "pending") return pending(value);
    if (folder == "slot") return slot(value);
    if (folder == "host" && parts.size() == 2) return host(value);
    if (folder == "live" && parts.size() == 2) return board_.live.push_back(parts[1]), Problem{};
    if (folder == "forgotten" && parts.size() == 2) return board_.forgotten.push_back(parts[1]), Problem{};
    if (folder == "ready" && parts.size() == 2) return board_.ready.push_back(parts[1]), Problem{};
    if (folder == "unready" && parts.size() == 3) return board_.unready.push_back({parts[1], parts[2]}), Problem{};
    if (folder == "queue" && parts.size() == 4) return board_.queue.push_back({parts[1], parts[2], parts[3], value.create_revision}), Problem{};
    if (folder == "first") return mark(value, parts, board_.firsts);
    if (folder == "done") return mark(value, parts, board_.dones);
    if (folder == "soak") return mark(value, parts, board_.soaks);
    if (folder == "past" && parts.size() == 3) return past(value, parts);
    if (folder == "past" && parts.size() == 5 && parts[1] == "outside") return kept<OutsideStep>(value, [&](OutsideStep record) { board_.past_outside.push_back(std::move(record)); });
    return "its key is none that this tykup knows";
  }

  Problem host(etcd::KeyValue const& value) {
    auto const keep = [&](HostRecord record) { board_.hosts.push_back({std::move(record), value.create_revision, value.mod_revision}); };
    auto const found = known_ == nullptr ? KnownHosts::iterator{} : known_->find(value.key);
    bool const is_known = known_ != nullptr && found != known_->end() && found->second.text == value.value;
    if (is_known) return keep(found->second.record), Problem{};
    return kept<HostRecord>(value, [&](HostRecord record) {
      if (known_ != nullptr) (*known_)[value.key] = {value.value, record};
      keep(std::move(record));
    });
  }

  /// Rank and place are said by the key, and the component by the record: the rule compares keys alone.
  Problem pending(etcd::KeyValue const& value) {
    auto const place = keys_.read_pending(value.key);
    if (!place) return "its key is no step's";
    return kept<Pending>(value, [&](Pending const& record) {
      places_.emplace_back(Blocker{*place, record.component}, value.create_revision);
    });
  }

  Problem slot(etcd::KeyValue const& value) {
    auto const place = keys_.read_slot(value.key);
    if (!place) return "its key is no slot's";
    return kept<Slot>(value, [&](Slot record) {
      board_.slots.push_back({place->datacenter, place->component, place->k, {std::move(record), value.create_revision, value.mod_revision}});
    });
  }

  static Problem mark(etcd::KeyValue const& value, std::vector<std::string> const& parts, std::vector<BoardMark>& into) {
    auto const phase = parts.size() == 4 ? number_in(parts[3]) : std::nullopt;
    if (!phase || *phase > 9) return "its key is no stage's";
    return kept<Mark>(value, [&](Mark record) {
      into.push_back({parts[1], parts[2], static_cast<unsigned>(*phase), std::move(record), value.create_revision});
    });
  }

  Problem past(etcd::KeyValue const& value, std::vector<std::string> const& parts) {
    if (parts[1] == "rollout") return kept<Rollout>(value, [&](Rollout record) { board_.past_rollouts.push_back(std::move(record)); });
    auto const revision = number_in(parts[2]);
    if (parts[1] == "freeze" && revision) return kept<FleetFreeze>(value, [&](FleetFreeze record) { board_.past_freezes.push_back({*revision, std::move(record)}); });
    if (parts[1] != "policy" || !revision) return "its key is none that this tykup knows";
    return kept<Policy>(value, [&](Policy record) { board_.past_policies.push_back({*revision, std::move(record)}); });
  }

 public:
  /// What can be said only when all is read.
  void finish() {
    auto const direction = board_.rollout ? board_.rollout->direction : Direction::Forwards;
    for (auto const& [place, created] : places_) board_.pending.push_back({stage_at(place, direction), place.place.host, created});
    std::ranges::stable_sort(board_.hosts, {}, [](BoardHost const& each) { return each.record.host; });
    std::ranges::stable_sort(board_.queue, {}, &BoardQueued::created);
    std::ranges::stable_sort(board_.past_rollouts, {}, [](Rollout const& each) { return each.began.at; });
    std::ranges::stable_sort(board_.past_policies, {}, &BoardPastPolicy::revision);
    std::ranges::stable_sort(board_.past_outside, {}, [](OutsideStep const& each) { return each.said.at; });
    std::ranges::stable_sort(board_.past_freezes, {}, &BoardPastFreeze::revision);
  }

 private:
  Board& board_;
  Keys keys_;
  std::string root_;
  KnownHosts* known_;
  std::vector<std::pair<Blocker, std::int64_t>> places_;
};

}  // namespace

Result<Board> read_board(std::string cluster, std::vector<etcd::KeyValue> const& values, etcd::Revision revision, KnownHosts* known) {
  Board board;
  board.cluster = std::move(cluster);
  board.revision = revision;
  Keys const keys(board.cluster);
  auto const range = keys.everything();
  Reader reader(board, keys, known);
  for (auto const& value : values) {
    if (value.key < range.begin || value.key >= range.end) continue;
    if (auto const read = reader.read(value); !read) return fail(read.error());
  }
  reader.finish();
  return board;
}

}  // namespace tykup::wire

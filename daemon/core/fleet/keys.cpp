#include "daemon/core/fleet/keys.hpp"

#include <algorithm>
#include <charconv>
#include <vector>

namespace tykup::fleet {
namespace {

constexpr std::size_t kLongest = 253;
constexpr unsigned kLastRank = 99;
constexpr unsigned kLastPhase = 9;
/// Rolling back, what went last goes first: the same compares over the same ranges.
constexpr unsigned counted(unsigned number, unsigned last, Direction direction) {
  return direction == Direction::Back ? last - std::min(number, last) : std::min(number, last);
}

std::string two_digits(unsigned number) {
  auto const text = std::to_string(number);
  return text.size() < 2 ? "0" + text : text;
}

std::string twenty_digits(std::int64_t number) {
  auto const text = std::to_string(number);
  return std::string(20 - std::min<std::size_t>(text.size(), 20), '0') + text;
}

std::string path(std::initializer_list<std::string_view> parts) {
  std::string text;
  for (auto const part : parts) text.append(text.empty() ? "" : "/").append(part);
  return text;
}

/// The parts of a key below `folder`; nothing where it is not there, or a part is none.
std::optional<std::vector<std::string>> parts_below(std::string const& folder, std::string_view key, std::size_t count) {
  if (!key.starts_with(folder)) return {};
  key.remove_prefix(folder.size());
  std::vector<std::string> parts;
  for (;;) {
    auto const slash = key.find('/');
    parts.emplace_back(key.substr(0, slash));
    if (!is_key_part(parts.back())) return {};
    if (slash == std::string_view::npos) break;
    key.remove_prefix(slash + 1);
  }
  if (parts.size() != count) return {};
  return parts;
}

std::optional<std::string> only_part(std::string const& folder, std::string_view key) {
  auto const parts = parts_below(folder, key, 1);
  if (!parts) return {};
  return parts->front();
}

std::optional<unsigned> number_of(std::string const& text) {
  unsigned number = 0;
  auto const* end = text.data() + text.size();
  auto const [at, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc{} || at != end || std::to_string(number) != text) return {};
  return number;
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_rank(std::string_view text) { return text.size() == 2 && std::ranges::all_of(text, is_digit); }
bool is_step(std::string_view text) {
  return text.size() == 4 && is_rank(text.substr(0, 2)) && text[2] == '.' && is_digit(text[3]);
}

}  // namespace

bool is_key_part(std::string_view text) {
  auto const allowed = [](char c) { return (c >= 'a' && c <= 'z') || is_digit(c) || c == '.' || c == '-' || c == '_'; };
  return !text.empty() && text.size() <= kLongest && text.front() != '.' && std::ranges::all_of(text, allowed);
}

PendingPlace place_of(Stage const& stage, Direction direction, std::string host) {
  auto const phase = std::to_string(counted(stage.phase, kLastPhase, direction));
  return {two_digits(counted(stage.datacenter_rank, kLastRank, direction)), stage.datacenter,
          two_digits(counted(stage.component_rank, kLastRank, direction)) + "." + phase, std::move(host)};
}

Keys::Keys(std::string_view cluster) : root_("/tykup/" + std::to_string(kSchema) + "/" + std::string(cluster) + "/") {}

std::string Keys::host(std::string_view host) const { return root_ + path({"host", host}); }
std::string Keys::live(std::string_view host) const { return root_ + path({"live", host}); }
std::string Keys::forgotten(std::string_view host) const { return root_ + path({"forgotten", host}); }
std::string Keys::pending(PendingPlace const& place) const {
  return root_ + path({"pending", place.rank, place.datacenter, place.step, place.host});
}
std::string Keys::unready(std::string_view datacenter, std::string_view host) const {
  return root_ + path({"unready", datacenter, host});
}
std::string Keys::ready(std::string_view datacenter) const { return root_ + path({"ready", datacenter}); }
std::string Keys::queue(std::string_view datacenter, std::string_view component, std::string_view host) const {
  return root_ + path({"queue", datacenter, component, host});
}
std::string Keys::slot(std::string_view datacenter, std::string_view component, unsigned k) const {
  return root_ + path({"slot", datacenter, component, std::to_string(k)});
}
std::string Keys::first(Stage const& stage) const {
  return root_ + path({"first", stage.datacenter, stage.component, std::to_string(stage.phase)});
}
std::string Keys::done(Stage const& stage) const {
  return root_ + path({"done", stage.datacenter, stage.component, std::to_string(stage.phase)});
}
std::string Keys::soak(Stage const& stage) const {
  return root_ + path({"soak", stage.datacenter, stage.component, std::to_string(stage.phase)});
}
std::string Keys::past_rollout(std::string_view id) const { return root_ + path({"past", "rollout", id}); }
std::string Keys::past_policy(std::int64_t revision) const { return root_ + path({"past", "policy", twenty_digits(revision)}); }
std::string Keys::past_freeze(std::int64_t revision) const { return root_ + path({"past", "freeze", twenty_digits(revision)}); }
std::string Keys::past_outside(OutsideStep const& step) const {
  return root_ + path({"past", "outside", twenty_digits(step.said.at.time_since_epoch().count()), step.component, step.host});
}

etcd::KeyRange Keys::everything() const { return etcd::under(root_); }
etcd::KeyRange Keys::steering() const { return {rollout(), freeze() + '\0'}; }
etcd::KeyRange Keys::hosts() const { return etcd::under(root_ + "host/"); }
etcd::KeyRange Keys::lives() const { return etcd::under(root_ + "live/"); }
etcd::KeyRange Keys::all_pending() const { return etcd::under(root_ + "pending/"); }
etcd::KeyRange Keys::all_slots() const { return etcd::under(root_ + "slot/"); }
etcd::KeyRange Keys::all_unready() const { return etcd::under(root_ + "unready/"); }
etcd::KeyRange Keys::all_ready() const { return etcd::under(root_ + "ready/"); }
etcd::KeyRange Keys::all_firsts() const { return etcd::under(root_ + "first/"); }
etcd::KeyRange Keys::all_done() const { return etcd::under(root_ + "done/"); }
etcd::KeyRange Keys::all_soaks() const { return etcd::under(root_ + "soak/"); }
etcd::KeyRange Keys::all_queues() const { return etcd::under(root_ + "queue/"); }
etcd::KeyRange Keys::past_rollouts() const { return etcd::under(root_ + "past/rollout/"); }
etcd::KeyRange Keys::past_policies() const { return etcd::under(root_ + "past/policy/"); }
etcd::KeyRange Keys::unready_of(std::string_view datacenter) const {
  return etcd::under(root_ + path({"unready", datacenter}) + "/");
}
etcd::KeyRange Keys::firsts_of(std::string_view datacenter) const {
  return etcd::under(root_ + path({"first", datacenter}) + "/");
}
etcd::KeyRange Keys::slots_of(std::string_view datacenter, std::string_view component) const {
  return etcd::under(root_ + path({"slot", datacenter, component}) + "/");
}
etcd::KeyRange Keys::queue_of(std::string_view datacenter, std::string_view component) const {
  return etcd::under(root_ + path({"queue", datacenter, component}) + "/");
}
etcd::KeyRange Keys::pending_of_lower_ranks(PendingPlace const& place) const {
  auto const folder = root_ + "pending/";
  return {folder, folder + place.rank + "/"};
}
etcd::KeyRange Keys::pending_of_lower_steps(PendingPlace const& place) const {
  auto const centre = root_ + path({"pending", place.rank, place.datacenter}) + "/";
  return {centre, centre + place.step + "/"};
}
etcd::KeyRange Keys::pending_of_centre(PendingPlace const& place) const {
  return etcd::under(root_ + path({"pending", place.rank, place.datacenter}) + "/");
}
etcd::KeyRange Keys::pending_of_stage(PendingPlace const& place) const {
  return etcd::under(root_ + path({"pending", place.rank, place.datacenter, place.step}) + "/");
}

std::optional<PendingPlace> Keys::read_pending(std::string_view key) const {
  auto const parts = parts_below(root_ + "pending/", key, 4);
  if (!parts || !is_rank((*parts)[0]) || !is_step((*parts)[2])) return {};
  return PendingPlace{(*parts)[0], (*parts)[1], (*parts)[2], (*parts)[3]};
}

std::optional<Keys::SlotPlace> Keys::read_slot(std::string_view key) const {
  auto const parts = parts_below(root_ + "slot/", key, 3);
  if (!parts) return {};
  auto const number = number_of((*parts)[2]);
  if (!number) return {};
  return SlotPlace{(*parts)[0], (*parts)[1], *number};
}

std::optional<std::string> Keys::read_live(std::string_view key) const { return only_part(root_ + "live/", key); }
std::optional<std::string> Keys::read_host(std::string_view key) const { return only_part(root_ + "host/", key); }
std::optional<std::string> Keys::read_queue(std::string_view key) const {
  auto const parts = parts_below(root_ + "queue/", key, 3);
  if (!parts) return {};
  return parts->back();
}

etcd::KeyRange before(etcd::KeyRange const& range, std::string const& key) { return {range.begin, key}; }
etcd::KeyRange behind(etcd::KeyRange const& range, std::string const& key) { return {key + '\0', range.end}; }

}  // namespace tykup::fleet

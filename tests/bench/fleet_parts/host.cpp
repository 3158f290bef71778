#include "tests/bench/fleet_parts/host.hpp"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <utility>

namespace tykup::bench {
namespace {

using namespace std::chrono_literals;

constexpr auto kDrain = 20ms;

fleet::Settings settings_of(HostPlace const& place) {
  fleet::Settings settings;
  settings.cluster = "bench";
  settings.datacenter = place.datacenter;
  settings.host = place.name;
  return settings;
}

/// The steps of a stage do not all end in one instant: up to a fifth longer, the same for a host in every bench.
std::chrono::milliseconds length_of(std::chrono::milliseconds step, std::string const& host, std::string const& component) {
  auto const drawn = static_cast<double>(std::hash<std::string>{}(host + component) % 1000) / 1000;
  return step + std::chrono::duration_cast<std::chrono::milliseconds>(step * drawn / 5);
}

}  // namespace

void Host::Announcer::announce(rollout::Announcement const& said) { shared_.trouble(said.message); }

agent::Awaitable<Result<job::Outcome>> Host::Asked::perform(job::Request, ProgressSink) {
  shared_.trouble("a host asks its executor for something");
  co_return fail(ErrorKind::ExecutorUnavailable, "the bench has none");
}

agent::Awaitable<Sighting::Answer> Host::Asked::ask(Endpoint, Duration) {
  shared_.trouble("a host probes an endpoint");
  co_return Sighting::Answer{};
}

agent::Awaitable<Sighting::Answer> Host::Asked::ask(Probe, Duration) {
  shared_.trouble("a host probes a port");
  co_return Sighting::Answer{};
}

Host::Host(Shared& shared, HostPlace place, net::EtcdOptions options)
    : shared_(shared),
      place_(std::move(place)),
      etcd_(std::move(options)),
      announcer_(shared),
      asked_(shared),
      member_(shared.loop, {etcd_, store_, shared.clock, announcer_, asked_, asked_}, settings_of(place_), {"machine-of-" + place_.name, "nonce-of-" + place_.name}),
      timer_(shared.loop) {
  for (auto const& component : place_.components) version_[component] = kOld;
}

void Host::start() {
  member_.on_view([this](bool) { post(&Host::look); });
  member_.on_heard([this](std::int64_t slot) {
    if (doing_ == Doing::Ended && grant_.slot == slot) doing_ = Doing::Nothing;
    post(&Host::look);
  });
  if (auto const started = member_.start(); !started) shared_.trouble(started.error().message);
  member_.set_record(record());
  tell_need();
}

bool Host::is_done() const {
  return next().empty() && doing_ == Doing::Nothing && member_.view().rollout.empty();
}

void Host::post(void (Host::*what)()) {
  boost::asio::post(shared_.loop, [this, what] { (this->*what)(); });
}

void Host::after(std::chrono::milliseconds delay, void (Host::*what)()) {
  timer_.expires_after(delay);
  timer_.async_wait([this, what](boost::system::error_code const& cancelled) {
    if (!cancelled) (this->*what)();
  });
}

/// The first component, by the host's own order, that is not where the fleet goes.
std::string Host::next() const {
  auto const behind = std::ranges::find_if(place_.components, [&](std::string const& each) { return version_.at(each) != kNew; });
  return behind == place_.components.end() ? std::string{} : *behind;
}

void Host::look() {
  if (!member_.view().pins.empty() && !has_fetched_ && !fetches_) fetch();
  if (doing_ == Doing::Nothing && member_.view().grant) begin();
  if (doing_ == Doing::AsksDrain || doing_ == Doing::AsksApply) hear_answer();
  tell_need();
}

/// The packages of all its components, as soon as it knows which.
void Host::fetch() {
  fetches_ = true;
  after(length_of(shared_.step / 10, place_.name, "packages"), &Host::fetched);
}

void Host::fetched() {
  has_fetched_ = true;
  member_.set_record(record());
  look();
}

void Host::begin() {
  auto const& grant = *member_.view().grant;
  if (grant.component != next() || !has_fetched_) return;
  grant_ = grant;
  doing_ = Doing::AsksDrain;
}

void Host::hear_answer() {
  auto const point = doing_ == Doing::AsksDrain ? fleet::Point::BeforeDrain : fleet::Point::BeforeApply;
  auto const& answer = member_.view().confirmed;
  if (!answer || answer->slot != grant_.slot || answer->point != point) return;
  if (!answer->refused.empty()) {
    shared_.trouble(place_.name + " is refused at the last moment: " + answer->refused);
    ended_ = {grant_, false, false, answer->refused};
    doing_ = Doing::Ended;
  } else if (point == fleet::Point::BeforeDrain) {
    doing_ = Doing::Drains;
    after(kDrain, &Host::drained);
  } else {
    doing_ = Doing::Applies;
    shared_.utilisation.begins(place_.datacenter, grant_.component, Utilisation::Steady::now());
    after(length_of(shared_.step, place_.name, grant_.component), &Host::applied);
  }
}

void Host::drained() {
  doing_ = Doing::AsksApply;
  tell_need();
}

void Host::applied() {
  shared_.utilisation.ends(place_.datacenter, grant_.component, Utilisation::Steady::now());
  version_[grant_.component] = kNew;
  ended_ = {grant_, true, true, {}};
  doing_ = Doing::Ended;
  member_.set_record(record());
  tell_need();
}

void Host::tell_need() { member_.set_need(need()); }

fleet::Need Host::need() const {
  switch (doing_) {
    case Doing::Nothing:
      if (member_.view().pins.empty() || !has_fetched_ || next().empty()) return fleet::need::Nothing{};
      return fleet::need::Wants{next()};
    case Doing::AsksDrain:
      return fleet::need::Confirms{grant_.slot, fleet::Point::BeforeDrain};
    case Doing::AsksApply:
      return fleet::need::Confirms{grant_.slot, fleet::Point::BeforeApply};
    case Doing::Ended:
      return ended_;
    case Doing::Drains:
    case Doing::Applies:
      break;
  }
  return fleet::need::Works{grant_.slot};
}

fleet::Build Host::build(std::string const& component, std::string const& version) const {
  return {{"tyk-" + component, PackageFormat::Deb, "debian 12", "amd64"}, version, component + "-" + version};
}

fleet::HostRecord Host::record() const {
  fleet::HostRecord record;
  record.host = place_.name;
  record.datacenter = place_.datacenter;
  for (auto const& component : place_.components) {
    fleet::Carried carried{component};
    carried.installed = {build(component, version_.at(component))};
    carried.candidates = {build(component, kNew), build(component, kOld)};
    carried.kept = {build(component, kOld)};
    if (has_fetched_) carried.kept.push_back(build(component, kNew));
    record.carried.push_back(std::move(carried));
  }
  record.next_opening = Instant{};
  return record;
}

}  // namespace tykup::bench

#include "daemon/agent/outcomes.hpp"

namespace tykup::agent {
namespace {

struct Told {
  std::string const& job;
  rollout::Event operator()(job::Inspected& done) const { return rollout::event::Inspected{job, std::move(done)}; }
  rollout::Event operator()(job::Refreshed& done) const { return rollout::event::Refreshed{job, std::move(done)}; }
  rollout::Event operator()(job::Downloaded& done) const { return rollout::event::Downloaded{job, std::move(done)}; }
  rollout::Event operator()(job::BackedUp& done) const { return rollout::event::BackedUp{job, std::move(done)}; }
  rollout::Event operator()(job::Applied& done) const { return rollout::event::Applied{job, std::move(done)}; }
  rollout::Event operator()(job::Restarted& done) const { return rollout::event::Restarted{job, std::move(done)}; }
  rollout::Event operator()(job::Restored& done) const { return rollout::event::Restored{job, std::move(done)}; }
  rollout::Event operator()(job::Recovered& done) const { return rollout::event::Recovered{job, std::move(done)}; }
  rollout::Event operator()(job::Hooked& done) const { return rollout::event::Hooked{job, std::move(done)}; }
  rollout::Event operator()(job::PluginsChecked& done) const { return rollout::event::PluginsChecked{job, std::move(done)}; }
};

}  // namespace

rollout::Event event_of(std::string const& job, Result<job::Outcome> outcome) {
  if (!outcome) return rollout::event::JobFailed{job, std::move(outcome.error())};
  return std::visit(Told{job}, *outcome);
}

}  // namespace tykup::agent

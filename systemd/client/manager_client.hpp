#pragma once

#include <memory>
#include <string>

#include "daemon/cli/ports.hpp"

struct sd_bus;

namespace tykup::systemd {

/// org.tykup1.Manager as the operator's command calls it: blocking, one connection, opened at the first call and again
/// after it was lost.
class ManagerClient final : public cli::Daemon {
 public:
  /// `may_ask`: polkit may ask the user for a password through an agent of theirs.
  static ManagerClient on_system_bus(bool may_ask);
  /// Talks to the peer at the other end of a connected socket, without a bus between. Takes `fd` over.
  static ManagerClient to_peer(int fd);

  ManagerClient(ManagerClient&& other) noexcept;
  ManagerClient& operator=(ManagerClient&& other) noexcept;
  ~ManagerClient() override;

  cli::Answer<std::string> status() override;
  cli::Answer<std::string> plan() override;
  cli::Answer<std::string> history(unsigned limit, std::string const& run) override;
  cli::Answer<void> check() override;
  cli::Answer<std::string> plan_outside_fleet() override;
  cli::Answer<std::string> run_outside_fleet(cli::OutsideRun const& asked) override;
  cli::Answer<std::string> run(std::string const& plan_hash, bool ignore_unhealthy, bool override_freeze,
                               std::vector<NamedVersion> const& without_way_back) override;
  cli::Answer<std::string> way_back(std::string const& component) override;
  cli::Answer<std::string> roll_back(std::string const& component, std::string const& to) override;
  cli::Answer<void> stop() override;
  cli::Answer<std::string> tell(Word const& word) override;
  cli::Answer<std::string> fleet() override;
  cli::Answer<std::string> plan_fleet(std::string const& word) override;
  cli::Answer<std::string> steer_fleet(std::string const& word) override;
  void wait(Duration limit) override;

 private:
  class Link;
  explicit ManagerClient(std::unique_ptr<Link> link);
  std::unique_ptr<Link> link_;
};

}  // namespace tykup::systemd

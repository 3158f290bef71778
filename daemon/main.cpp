#include <spdlog/spdlog.h>
#include <sysexits.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <array>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <csignal>
#include <cstdlib>

#include "daemon/agent/agent.hpp"
#include "daemon/agent/freeze_watch.hpp"
#include "daemon/fault/fault.hpp"
#include "daemon/net/etcd_options.hpp"
#include "daemon/net/http_prober.hpp"
#include "daemon/net/webhook_poster.hpp"
#include "daemon/os/clock.hpp"
#include "daemon/os/config_loader.hpp"
#include "daemon/os/digest.hpp"
#include "daemon/os/executor_client.hpp"
#include "daemon/os/freeze_files.hpp"
#include "daemon/os/machine_id.hpp"
#include "daemon/os/mail_client.hpp"
#include "daemon/os/metrics_file.hpp"
#include "daemon/os/nonce.hpp"
#include "daemon/os/own_program.hpp"
#include "daemon/os/store.hpp"
#include "systemd/announcer.hpp"
#include "systemd/logging.hpp"
#include "systemd/service.hpp"
#include "systemd/units.hpp"

/// Reads the configuration, builds the adapters, runs. Nothing is decided here.
namespace tykup {
namespace {

constexpr char const* kZoneFile = "/etc/localtime";
/// Another tykupd took this one's place on the disk: systemd starts it (RestartForceExitStatus= in the unit).
constexpr int kReplaced = EX_TEMPFAIL;

struct Options {
  ConfigPaths config;
  std::string state = "/var/lib/tykup/state.db";
  std::string socket = "/run/tykup/executor.sock";
  std::string mail = "/run/tykup/mail.sock";
  std::string metrics = "/run/tykup-metrics/tykup.prom";
  std::string slow_after = "10m";
  bool debug = false;
};

std::string host_name() {
  std::array<char, 256> name{};
  return gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "localhost";
}

/// A bad configuration, or a state that cannot be read, does not mend by starting again: its exit status is one that systemd does not restart after.
int refuse(Error const& error) {
  spdlog::error("tykupd does not start: {}", error.message);
  if (!error.detail.empty()) spdlog::error("{}", error.detail);
  bool const mends_itself = error.kind != ErrorKind::BadConfig && error.kind != ErrorKind::StateUnusable;
  return mends_itself ? EXIT_FAILURE : EX_CONFIG;
}

/// This host's part in a fleet.
struct FleetPart {
  FleetPart(boost::asio::io_context& loop, net::EtcdOptions options, os::FileStore& store, agent::Clock& clock,
            agent::Announcer& announcer, agent::Executor& executor, agent::Prober& prober, fleet::Settings const& settings, agent::Identity const& identity)
      : etcd(std::move(options)),
        member(loop, {etcd, store, clock, announcer, executor, prober}, settings, {identity.machine_id, os::fresh_nonce()}),
        desk(loop.get_executor(), etcd, settings.cluster, settings.host.empty() ? identity.host : settings.host,
             [&clock] { return clock.now(); }, os::sha256_hex),
        teller(loop, etcd, clock, settings.cluster, settings.host.empty() ? identity.host : settings.host, os::sha256_hex) {}

  net::EtcdClient etcd;
  agent::FleetMember member;
  agent::FleetDesk desk;
  agent::FleetTeller teller;
};

/// The daemon with everything that it is made of, in the order in which it comes to life.
class Daemon {
 public:
  Daemon(Options options, Config config, agent::Identity identity, std::unique_ptr<os::FileStore> store, Duration slow_after)
      : options_(std::move(options)),
        executor_(options_.socket),
        mailer_(options_.mail),
        store_(std::move(store)),
        metrics_(options_.metrics),
        freeze_files_(loop_.get_executor()),
        zone_file_(loop_.get_executor()),
        calendars_(config.windows.calendars),
        notifier_(loop_.get_executor()),
        announcer_(systemd::Journal{}, notifier_),
        bus_(loop_.get_executor()),
        host_(bus_, systemd::JournalReader{}),
        fleet_settings_(config.fleet),
        identity_(identity),
        agent_(loop_, {executor_, prober_, host_, *store_, announcer_, clock_, metrics_, {*store_, mailer_, webhook_}}, std::move(config), std::move(identity),
               os::sha256_hex),
        freezes_(loop_, freeze_files_, clock_, announcer_,
                 [this](std::vector<Freeze> const& told) { agent_.set_freezes(told); }),
        service_(loop_.get_executor(), bus_, agent_, TYKUP_VERSION),
        signals_(loop_, SIGHUP, SIGTERM, SIGINT) {
    agent_.report_silence_after(slow_after);
  }

  /// The exit status.
  Result<int> run() {
    if (auto joined = join_fleet(); !joined) return fail(std::move(joined.error()));
    agent_.on_other_version([this](Error const& error) { return make_room(error); });
    announcer_.on_status([this](std::string const& line) { service_.status_changed(line); });
    Result<void> outcome;
    boost::asio::co_spawn(loop_, come_to_life(outcome), [](std::exception_ptr const& thrown) {
      if (thrown) std::rethrow_exception(thrown);
    });
    await_signal();
    loop_.run();
    if (!outcome) return fail(outcome.error());
    return replaced_ ? kReplaced : EXIT_SUCCESS;
  }

 private:
  Result<void> join_fleet() {
    if (!fleet_settings_.exists()) return {};
    auto const& name = fleet_settings_.host.empty() ? identity_.host : fleet_settings_.host;
    if (auto const problem = fleet::name_problem(name); !problem.empty())
      return fail(ErrorKind::BadConfig, "this host's name \"" + name + "\" is none for a fleet (" + problem + "): give it one with host in [fleet]");
    auto options = net::etcd_options(fleet_settings_);
    if (!options) return fail(std::move(options.error()));
    fleet_.emplace(loop_, std::move(*options), *store_, clock_, announcer_, executor_, prober_, fleet_settings_, identity_);
    agent_.join(fleet_->member, fleet_->desk);
    agent_.lend_voice(fleet_->teller);
    return {};
  }

  agent::Awaitable<void> come_to_life(Result<void>& outcome) {
    outcome = co_await bus_.start();
    if (outcome) outcome = agent_.start();
    if (!outcome) {
      loop_.stop();
      co_return;
    }
    freezes_.adopt(std::move(calendars_));
    zone_file_.watch({kZoneFile});
    boost::asio::co_spawn(loop_, follow_zone(), [](std::exception_ptr const& thrown) {
      if (thrown) std::rethrow_exception(thrown);
    });
    notifier_.ready(agent_.status_text());
  }

  /// Windows without a zone of their own are in the host's: when that changes they are worked out anew.
  agent::Awaitable<void> follow_zone() {
    for (;;) {
      co_await zone_file_.changed();
      reload("The host's time zone was changed; the windows and freezes without one of their own follow it.");
    }
  }

  void await_signal() {
    signals_.async_wait([this](boost::system::error_code error, int signal) {
      if (error) return;
      if (signal != SIGHUP) return stop();
      reload("The configuration was read again and is in force.");
      await_signal();
    });
  }

  void stop() {
    notifier_.stopping("Stopping; a step at work goes on in its own unit and is picked up at the next start.");
    loop_.stop();
  }

  /// Only where another tykupd waits on the disk: the same one again would understand no more.
  bool make_room(Error const& error) {
    if (!os::program_was_replaced()) return false;
    start_anew("tykup was upgraded (" + error.message + ")");
    return true;
  }

  void start_anew(std::string const& why) {
    spdlog::info("{}: tykupd ends and is started anew; what it was doing goes on from the saved state", why);
    replaced_ = true;
    notifier_.stopping(why + ": starting anew");
    loop_.stop();
  }

  void reload(std::string const& why) {
    notifier_.reloading("Reading the configuration again");
    if (auto config = load_config(options_.config)) {
      bool const other_fleet = config->fleet != fleet_settings_;
      auto calendars = config->windows.calendars;
      agent_.reconfigure(std::move(*config), why);
      freezes_.adopt(std::move(calendars));
      if (other_fleet) boost::asio::post(loop_, [this] { start_anew("[fleet] was changed"); });
    } else {
      agent_.reject_config(config.error());
    }
    notifier_.ready(agent_.status_text());
  }

  Options options_;
  bool replaced_ = false;
  boost::asio::io_context loop_;
  os::ExecutorClient executor_;
  os::MailClient mailer_;
  net::HttpProber prober_;
  net::WebhookPoster webhook_;
  os::WallClock clock_;
  std::unique_ptr<os::FileStore> store_;
  os::MetricsFile metrics_;
  os::InotifyFreezeFiles freeze_files_;
  os::InotifyFreezeFiles zone_file_;
  std::vector<FreezeCalendar> calendars_;  ///< of the configuration that the daemon starts with
  systemd::Notifier notifier_;
  systemd::Announcer announcer_;
  bus::SystemBus bus_;
  systemd::Host host_;
  fleet::Settings fleet_settings_;
  agent::Identity identity_;
  std::optional<FleetPart> fleet_;
  agent::Agent agent_;
  agent::FreezeWatch freezes_;
  systemd::Service service_;
  boost::asio::signal_set signals_;
};

int serve(Options const& options) {
  systemd::set_up_logging("tykupd", options.debug);
  auto config = load_config(options.config);
  if (!config) return refuse(config.error());
  auto machine_id = os::machine_id();
  if (!machine_id) return refuse(machine_id.error());
  auto store = os::FileStore::open(options.state);
  if (!store) return refuse(store.error());
  auto const slow_after = parse_duration(options.slow_after);
  if (!slow_after || *slow_after <= Duration{}) return refuse({ErrorKind::BadConfig, "--slow-after is no time, such as 10m"});
  Daemon daemon{options, std::move(*config), {*machine_id, host_name(), os::boot_id()}, std::move(*store), *slow_after};
  auto outcome = daemon.run();
  return outcome ? *outcome : refuse(outcome.error());
}

}  // namespace
}  // namespace tykup

int main(int argc, char** argv) {
  CLI::App app{"tykupd, the daemon that upgrades Tyk on this host; started by systemd, spoken to with tykup(1)"};
  tykup::Options options;
  app.add_option("--config", options.config.main, "The configuration file")->capture_default_str();
  app.add_option("--config-dir", options.config.drop_ins, "The folder of its drop-ins")->capture_default_str();
  app.add_option("--state", options.state, "The state store")->capture_default_str();
  app.add_option("--executor", options.socket, "The executor's socket")->capture_default_str();
  app.add_option("--mail", options.mail, "The socket of the mail system")->capture_default_str();
  app.add_option("--metrics", options.metrics, "The file that monitoring reads")->capture_default_str();
  app.add_option("--slow-after", options.slow_after, "When a job that says nothing new is reported as slow")->capture_default_str();
  app.add_flag("--debug", options.debug, "Say more in the log");
  app.set_version_flag("--version", TYKUP_VERSION);
  std::vector<std::string> faults;
  if constexpr (tykup::fault::kCompiledIn) app.add_option("--fault", faults, "POINT:KIND[@N], or list");
  CLI11_PARSE(app, argc, argv);
  if (auto const done = tykup::fault::obey(faults, {tykup::fault::Whose::Daemon})) return *done;
  return tykup::serve(options);
}

#include <algorithm>
#include <array>
#include <map>
#include <optional>

#include "daemon/core/health_parts.hpp"
#include "daemon/core/words.hpp"

namespace tykup {
namespace {

/// Fatal: no waiting will mend it. Lasting: said once, and true until a restart. Passing: a dependency was away for a
/// moment; only what is new since the last look counts.
enum class Weight { Fatal, Lasting, Passing };

struct Trouble {
  Weight weight;
  std::string_view text;        ///< the head of the message, or any part of it with a leading "*"
  std::string_view dependency;  ///< Passing: of what
  std::optional<ServiceKind> only = std::nullopt;
};

constexpr auto kGateway = ServiceKind::Gateway;
constexpr auto kPump = ServiceKind::Pump;
constexpr auto kPortal = ServiceKind::Portal;

constexpr std::array kTroubles{
    Trouble{Weight::Fatal, "Error loading config, using defaults", ""},
    Trouble{Weight::Fatal, "Error initialising system", ""},
    Trouble{Weight::Fatal, "No config file found, writing default to", ""},
    Trouble{Weight::Fatal, "Redis connection details not set", ""},
    Trouble{Weight::Fatal, "Node secret is not set", "", kGateway},
    Trouble{Weight::Fatal, "No API Key set!", "", kGateway},
    Trouble{Weight::Fatal, "Could not load Go-plugin", "", kGateway},
    Trouble{Weight::Fatal, "plugin file not found", "", kGateway},
    Trouble{Weight::Fatal, "Recovered from panic while loading Go-plugin", "", kGateway},
    Trouble{Weight::Lasting, "*Couldn't load bundle", "", kGateway},
    Trouble{Weight::Lasting, "*Couldn't fetch bundle", "", kGateway},
    Trouble{Weight::Lasting, "*Bundle verification failed", "", kGateway},
    Trouble{Weight::Passing, "storage: timeout connecting", "redis"},
    Trouble{Weight::Passing, "Could not connect to Redis cluster", "redis"},
    Trouble{Weight::Passing, "Could not initialize connection to Redis cluster", "redis"},
    Trouble{Weight::Passing, "Reconnecting storage: Redis is either down", "redis"},
    Trouble{Weight::Passing, "storage: Redis is either down", "redis"},
    Trouble{Weight::Passing, "Redis health check failed", "redis"},
    Trouble{Weight::Passing, "Request failed with error", "dashboard", kGateway},
    Trouble{Weight::Passing, "Response failed with code", "dashboard", kGateway},
    Trouble{Weight::Passing, "Failed to register node", "dashboard", kGateway},
    Trouble{Weight::Passing, "Registration failed", "dashboard", kGateway},
    Trouble{Weight::Passing, "Could not start beating", "dashboard", kGateway},
    Trouble{Weight::Passing, "GetSpareNode returned node not allowed", "licence"},
    Trouble{Weight::Passing, "RPC Login failed", "rpc", kGateway},
    Trouble{Weight::Passing, "RPC Login incorrect", "rpc", kGateway},
    Trouble{Weight::Passing, "[RPC Store] --> Detected cold start", "rpc", kGateway},
    Trouble{Weight::Passing, "[RPC Store] ----> Found APIs", "rpc", kGateway},
    Trouble{Weight::Passing, "[RPC] --> Loading API definitions from backup", "rpc", kGateway},
    Trouble{Weight::Passing, "[RPC] Loading Policies from backup", "rpc", kGateway},
    Trouble{Weight::Passing, "*sync attempts failed, triggering emergency mode", "rpc", kGateway},
    Trouble{Weight::Passing, "MDCB connection failed", "rpc", kGateway},
    Trouble{Weight::Fatal, "No pumps configured", "", kPump},
    Trouble{Weight::Lasting, "Pump init error (skipping)", "", kPump},
    Trouble{Weight::Passing, "Error connecting to Temporal Storage", "redis", kPump},
    Trouble{Weight::Passing, "Error on Purge Loop", "redis", kPump},
    Trouble{Weight::Fatal, "failed to migrate database", "", kPortal},
    Trouble{Weight::Passing, "failed to connect to database", "database", kPortal},
};

bool says(std::string_view message, std::string_view text) {
  if (text.starts_with('*')) return message.find(text.substr(1)) != std::string_view::npos;
  return message.starts_with(text);
}

Trouble const* trouble_in(std::string_view line, ServiceKind kind) {
  if (kind == ServiceKind::Generic) return nullptr;
  std::string const message = message_of(line);
  auto const found = std::ranges::find_if(kTroubles, [&](Trouble const& trouble) {
    return (!trouble.only || *trouble.only == kind) && says(message, trouble.text);
  });
  return found == kTroubles.end() ? nullptr : &*found;
}

/// A text as Go and JSON quote it, from behind its opening quote.
std::string unquoted(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size() && text[i] != '"'; ++i) {
    if (text[i] == '\\' && i + 1 < text.size()) ++i;
    out += text[i];
  }
  return out;
}

/// The value of `key` where the line has it as a field of its own; `opening` stands between key and value.
std::optional<std::string> value_of(std::string_view line, std::string_view key) {
  auto const at = line.find(key);
  if (at == std::string_view::npos) return std::nullopt;
  std::string_view const rest = line.substr(at + key.size());
  if (rest.starts_with('"')) return unquoted(rest.substr(1));
  return std::string(rest.substr(0, rest.find(' ')));
}

}  // namespace

std::string message_of(std::string_view line) {
  std::string_view const text = trimmed(line);
  if (text.starts_with('{')) {
    for (char const* key : {"\"msg\":", "\"message\":"}) {
      if (auto value = value_of(text, key)) return *value;
    }
    return std::string(text);
  }
  if (!text.starts_with("time=") && !text.starts_with("level=")) return std::string(text);
  for (char const* key : {" msg=", " message="}) {
    if (auto value = value_of(text, key)) return *value;
  }
  return std::string(text);
}

void judge_journal(Look const& look, std::set<std::string> const& well, Findings& findings) {
  ServiceKind const kind = look.expected.component.kind;
  if (kind == ServiceKind::Generic) return;
  bool const after_restart = look.expected.restarted != Instant{};
  if (after_restart && !look.seen.journal_readable) findings.own("journal", "its journal cannot be read yet");
  std::set<std::string> said;
  for (std::string const& line : look.seen.journal) {
    auto const* trouble = trouble_in(line, kind);
    if (trouble == nullptr || well.contains(std::string(trouble->dependency))) continue;
    std::string text = "its journal says " + quoted(message_of(line));
    if (!said.insert(text).second) continue;
    std::string const of = "journal: " + std::string(trouble->text);
    if (trouble->weight == Weight::Fatal)
      findings.broken(of, std::move(text));
    else if (trouble->weight == Weight::Lasting)
      findings.own(of, std::move(text));
    else
      findings.dependency(std::string(trouble->dependency), std::move(text));
  }
}

Recent without_known_trouble(Sighting sighting, ServiceKind kind, std::size_t known) {
  Recent recent{std::move(sighting)};
  std::erase_if(recent.sighting.journal, [&](std::string const& line) {
    auto const* trouble = trouble_in(line, kind);
    if (trouble == nullptr || trouble->weight != Weight::Passing) return false;
    return ++recent.passing <= known;
  });
  return recent;
}

}  // namespace tykup

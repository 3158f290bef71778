#include "daemon/core/fleet/policy_file.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "daemon/os/toml_reader.hpp"

namespace tykup::fleet {
namespace {

namespace fs = std::filesystem;

Result<Policy> policy_of(std::string_view text) {
  auto const value = read_toml(text, "policy.toml");
  if (!value) return fail(value.error());
  return read_policy(*value);
}

std::string text_of(fs::path const& file) {
  std::ifstream in(file);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

std::vector<fs::path> bad_files() {
  std::vector<fs::path> files;
  for (auto const& entry : fs::directory_iterator(fs::path(TYKUP_SOURCE_DIR) / "tests/golden/fleet-policy"))
    if (entry.path().extension() == ".toml") files.push_back(entry.path());
  std::ranges::sort(files);
  return files;
}

class BadPolicyFile : public testing::TestWithParam<fs::path> {};

/// Every word that an operator reads stands in tests/golden/fleet-policy. TYKUP_UPDATE_GOLDEN=1 writes the answers anew.
TEST_P(BadPolicyFile, is_answered_with_all_its_defects) {
  auto const policy = policy_of(text_of(GetParam()));
  ASSERT_FALSE(policy);
  EXPECT_EQ(policy.error().kind, ErrorKind::BadConfig);
  auto const first = policy.error().message + "\n";
  auto said = policy.error().detail + "\n";
  if (!said.starts_with(first)) said = first + said;
  auto const answer = fs::path(GetParam()).replace_extension(".txt");
  if (std::getenv("TYKUP_UPDATE_GOLDEN") != nullptr) std::ofstream(answer) << said;
  EXPECT_EQ(said, text_of(answer));
}

std::string name_of(testing::TestParamInfo<fs::path> const& info) {
  auto name = info.param.stem().string();
  std::ranges::replace(name, '-', '_');
  return name;
}
INSTANTIATE_TEST_SUITE_P(Golden, BadPolicyFile, testing::ValuesIn(bad_files()), name_of);

TEST(PolicyFile, bad_files_outnumber_the_good_ones) { EXPECT_GE(bad_files().size(), 20U); }

TEST(PolicyFile, what_it_leaves_out_is_one_host_at_a_time_and_stopped_by_the_first_failure) {
  auto const policy = policy_of("[[datacenter]]\nname = \"core\"\nrank = 0\ntopology = \"oss\"\n");
  ASSERT_TRUE(policy);
  Policy wanted;
  wanted.centres = {{"core", 0, Topology::Oss, {}}};
  EXPECT_EQ(*policy, wanted);
  EXPECT_EQ(policy->max_unavailable, (Limit{1, false}));
  EXPECT_EQ(policy->max_failed, 1U);
}

TEST(PolicyFile, says_everything_that_a_policy_has) {
  auto const policy = policy_of(R"(
strategy = "canary"
groups = ["canary", "rest"]
max_unavailable = "25%"
max_failed = 3
canary_soak = "2h"
[hooks]
promote = "10m"
gate = "1m"
[[gate]]
name = "errors"
after = "first"
command = "error-rate"
[[gate]]
name = "latency"
after = "datacenter"
prometheus = "https://prometheus:9090/prom"
query = "latency < bool 1"
[[datacenter]]
name = "core"
rank = 0
topology = "mdcb-control-plane"
[[datacenter]]
name = "eu-1"
rank = 7
topology = "custom"
order = ["cache", "web"]
)");
  ASSERT_TRUE(policy) << policy.error().message;
  Policy wanted;
  wanted.centres = {{"core", 0, Topology::MdcbControlPlane, {}}, {"eu-1", 7, Topology::Custom, {"cache", "web"}}};
  wanted.strategy = Strategy::Canary;
  wanted.groups = {"canary", "rest"};
  wanted.max_unavailable = {25, true};
  wanted.max_failed = 3;
  wanted.canary_soak = std::chrono::hours{2};
  wanted.hooks = {std::chrono::minutes{10}, std::chrono::minutes{1}};
  wanted.gates = {{"errors", After::First, "error-rate", {}, {}}, {"latency", After::Datacenter, {}, "https://prometheus:9090/prom", "latency < bool 1"}};
  EXPECT_EQ(*policy, wanted);
}

TEST(PolicyFile, may_leave_the_control_plane_elsewhere) {
  auto const policy = policy_of("control_plane = \"elsewhere\"\n[[datacenter]]\nname = \"eu-1\"\nrank = 1\ntopology = \"hybrid\"\n");
  ASSERT_TRUE(policy) << policy.error().message;
  EXPECT_EQ(policy->control_plane, ControlPlane::Elsewhere);
}

}  // namespace
}  // namespace tykup::fleet

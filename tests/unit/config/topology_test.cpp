#include "daemon/core/topology.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace tykup {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(Topology, OrdersItsComponentsWithBrokerAndPortalLast) {
  EXPECT_THAT(order_of(Topology::Oss), ElementsAre("gateway", "pump", "identity-broker", "portal"));
  EXPECT_THAT(order_of(Topology::Hybrid), ElementsAre("pump", "gateway", "identity-broker", "portal"));
  EXPECT_THAT(order_of(Topology::SelfManaged),
              ElementsAre("dashboard", "gateway", "pump", "identity-broker", "portal"));
  EXPECT_THAT(order_of(Topology::MdcbControlPlane),
              ElementsAre("mdcb", "pump", "dashboard", "gateway", "identity-broker", "portal"));
  EXPECT_THAT(order_of(Topology::MdcbDataPlane), ElementsAre("pump", "gateway", "identity-broker", "portal"));
  EXPECT_THAT(order_of(Topology::Custom), IsEmpty());
}

TEST(Topology, NamesEachServiceAsItsPackagesDo) {
  struct {
    std::string name, package, unit, repository, config_file, binary, prefix;
    std::size_t editions;
  } const rows[] = {
      {"gateway", "tyk-gateway", "tyk-gateway.service", "tyk-gateway", "/opt/tyk-gateway/tyk.conf",
       "/opt/tyk-gateway/tyk", "TYK_GW_", 3},
      {"dashboard", "tyk-dashboard", "tyk-dashboard.service", "tyk-dashboard", "/opt/tyk-dashboard/tyk_analytics.conf",
       "/opt/tyk-dashboard/tyk-analytics", "TYK_DB_", 2},
      {"pump", "tyk-pump", "tyk-pump.service", "tyk-pump", "/opt/tyk-pump/pump.conf", "/opt/tyk-pump/tyk-pump",
       "TYK_PMP_", 2},
      {"mdcb", "tyk-sink", "tyk-sink.service", "tyk-mdcb-stable", "/opt/tyk-sink/tyk_sink.conf",
       "/opt/tyk-sink/tyk-sink", "TYK_MDCB_", 2},
      {"identity-broker", "tyk-identity-broker", "tyk-identity-broker.service", "tyk-identity-broker",
       "/opt/tyk-identity-broker/tib.conf", "/opt/tyk-identity-broker/tyk-identity-broker", "TYK_IB_", 1},
      {"portal", "portal", "portal.service", "portal", "/opt/portal/portal.conf", "/opt/portal/dev-portal", "PORTAL_",
       2},
  };
  ASSERT_EQ(tyk_components().size(), std::size(rows));
  for (auto const& row : rows) {
    auto const found = std::ranges::find(tyk_components(), row.name, &Component::name);
    ASSERT_NE(found, tyk_components().end()) << row.name;
    EXPECT_EQ(found->editions.front(), row.package);
    EXPECT_EQ(found->editions.size(), row.editions) << row.name;
    EXPECT_EQ(found->unit, row.unit);
    EXPECT_EQ(found->repository, row.repository);
    EXPECT_EQ(found->config_file, row.config_file);
    EXPECT_EQ(found->binary, row.binary);
    EXPECT_EQ(found->environment_prefix, row.prefix);
    EXPECT_TRUE(found->quiet) << row.name;
  }
}

TEST(Topology, EveryComponentOfAnOrderIsKnown) {
  for (auto const topology :
       {Topology::Oss, Topology::Hybrid, Topology::SelfManaged, Topology::MdcbControlPlane, Topology::MdcbDataPlane}) {
    for (std::string const& name : order_of(topology)) {
      EXPECT_NE(std::ranges::find(tyk_components(), name, &Component::name), tyk_components().end()) << name;
    }
  }
}

}  // namespace
}  // namespace tykup

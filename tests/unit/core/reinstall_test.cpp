#include "daemon/core/reinstall.hpp"

#include <gtest/gtest.h>

namespace tykup {
namespace {

using enum ServiceKind;

struct Row {
  char const* name;
  ServiceKind kind;
  char const* from;
  bool again;
};

class ReinstallAfter : public testing::TestWithParam<Row> {};

TEST_P(ReinstallAfter, an_rpm_of_a_version_that_takes_its_unit_along) {
  auto const& row = GetParam();
  auto const reason = reinstall_after(row.kind, PackageFormat::Rpm, row.from);
  EXPECT_EQ(reason.has_value(), row.again) << row.from << ": " << reason.value_or("no reason");
  EXPECT_FALSE(reinstall_after(row.kind, PackageFormat::Deb, row.from)) << "dpkg runs the old script first";
}

INSTANTIATE_TEST_SUITE_P(
    table, ReinstallAfter,
    testing::Values(
        Row{"the_first_gateways", Gateway, "1.0.0-1", true}, Row{"gateway_2_4", Gateway, "2.4.2-1", true},
        Row{"gateway_of_four_parts", Gateway, "2.4.9.9-1", true}, Row{"gateway_2_5_exactly", Gateway, "2.5-1", false},
        Row{"gateway_2_5_0", Gateway, "2.5.0-1", false},
        Row{"gateway_2_5_release_candidate_may_still_have_the_fault", Gateway, "2.5~rc1-1", true},
        Row{"gateway_2_10_is_no_2_1", Gateway, "2.10.0-1", false}, Row{"gateway_2_9_4_2", Gateway, "2.9.4.2-1", false},
        Row{"gateway_3_0_5", Gateway, "3.0.5-1", false}, Row{"gateway_3_0_6", Gateway, "3.0.6-1", true},
        Row{"gateway_3_0_6_release_candidate", Gateway, "3.0.6~rc2-1", true},
        Row{"gateway_3_0_6_rebuilt_for_el8", Gateway, "3.0.6-7.el8", true}, Row{"gateway_3_0_7", Gateway, "3.0.7-1", false},
        Row{"gateway_3_1_2", Gateway, "3.1.2-1", false}, Row{"gateway_3_2_0", Gateway, "3.2.0-1", true},
        Row{"gateway_3_2_1", Gateway, "3.2.1-1", true}, Row{"gateway_3_2_2", Gateway, "3.2.2-1", false},
        Row{"gateway_3_20_0", Gateway, "3.20.0-1", false}, Row{"gateway_4_0_0", Gateway, "4.0.0-1", false},
        Row{"gateway_of_today", Gateway, "5.8.15-1", false},
        Row{"an_epoch_does_not_count_upwards", Gateway, "1:2.4.2-1", true},
        Row{"an_epoch_does_not_count_downwards", Gateway, "0:5.8.15-1", false},
        Row{"without_a_release", Gateway, "2.4.2", true}, Row{"dashboard_1_4", Dashboard, "1.4.0-1", true},
        Row{"dashboard_1_5", Dashboard, "1.5.0-1", false}, Row{"dashboard_2_4_is_no_gateway", Dashboard, "2.4.0-1", false},
        Row{"dashboard_3_2_1", Dashboard, "3.2.1-1", true}, Row{"identity_broker_1_1_0", IdentityBroker, "1.1.0-1", false},
        Row{"identity_broker_1_2_0", IdentityBroker, "1.2.0-1", true},
        Row{"identity_broker_1_2_1", IdentityBroker, "1.2.1-1", true},
        Row{"identity_broker_1_2_2", IdentityBroker, "1.2.2-1", false}, Row{"pump_1_3", Pump, "1.3.9-1", false},
        Row{"pump_1_4", Pump, "1.4.0-1", true}, Row{"pump_1_5", Pump, "1.5.9-1", true}, Row{"pump_1_6", Pump, "1.6.0-1", false},
        Row{"pump_0_8", Pump, "0.8.0-1", false}, Row{"mdcb_never", Mdcb, "1.4.0-1", false},
        Row{"portal_never", Portal, "0.1.0-1", false}, Row{"a_component_of_the_operators_never", Generic, "1.0-1", false},
        Row{"no_version", Gateway, "", false}),
    [](auto const& test) { return std::string(test.param.name); });

TEST(ReinstallAfter, the_reason_names_the_version_and_the_fault) {
  EXPECT_EQ(reinstall_after(Gateway, PackageFormat::Rpm, "0:3.0.6-1").value_or(""),
            "the package of 3.0.6 stops its service and removes its unit file when it is replaced");
}

}  // namespace
}  // namespace tykup

#include "systemd/journal.hpp"

namespace tykup::systemd {

std::string_view message_id(rollout::Said said) {
  using rollout::Said;
  // Made once at random (systemd-id128 new) and never changed: alerts are built on them.
  switch (said) {
    case Said::SourceFailed: return "e976f3a0ae934d48a3fa22e2245884ad";
    case Said::SourceRecovered: return "f75b57d9d8174d6f87ea51d3c3e81088";
    case Said::VersionSeen: return "ad4945b4a69c40cbba57c7b893be6f32";
    case Said::PlanMade: return "98d538a313c743dabd39f029b03e1422";
    case Said::PlanGone: return "a8299d6305804b47bf9189e2f4f1ce26";
    case Said::DownloadFailed: return "2ab49e0e6db2457e938e14799d69f606";
    case Said::WaitingForWindow: return "02db5c6ec39a45569c90357fc206e587";
    case Said::RunStarted: return "cec3c422e3f9463ea31f8b4e1adb0979";
    case Said::StepStarted: return "d784a3eccd8f48a78fb62c6b493ac5c9";
    case Said::PackageChanged: return "2d41709339be4bf1a729b2ea40954e75";
    case Said::ServiceRestarted: return "4a95ae6c2d0f4c3ea18fcb37e6be7e67";
    case Said::StepDone: return "ed881312dfc54894bdb0416640f5cb54";
    case Said::StepNotDone: return "3f9a5fc27c83452682261b3d50ad7a52";
    case Said::RollbackStarted: return "49706ff12682402986c99b1018113281";
    case Said::RolledBack: return "5d5c4beadd2c49d18cc814b0009deec0";
    case Said::NeedsAdmin: return "3178830e674c4b4592c71ef0330934f7";
    case Said::RunDone: return "2395cd24460b479092174e12c50ac9a1";
    case Said::RunPartial: return "f2abdd5b783843b9bdaa0f2a9c7cac74";
    case Said::RunStopped: return "3f0f46362dfb4fb0917a96806ea79beb";
    case Said::Recovered: return "12ca9d274c954a4d97d4cca7545b79f5";
    case Said::UnitRepaired: return "e1cb842e3da84bea92c7dc1980cf0451";
    case Said::OperatorAsked: return "0d582d0ca80247b9b2bcf51f3818add3";
    case Said::TroubleCleared: return "d60d5e6fe4294f8ca6b1e9610aa80374";
    case Said::InspectFailed: return "486c6c4288784d61a0f75b453efa9eb4";
    case Said::DaemonStarted: return "738e25ad8c4044a89cf0c429b85143d1";
    case Said::ConfigReloaded: return "35d2812c2fcd43ce99e0e70cd491879e";
    case Said::ConfigRejected: return "2eb392d3086849de9bc996f7deef84dc";
    case Said::HoldSet: return "df20e0c612aa4fe3a00270563f259463";
    case Said::HoldReleased: return "1cae04f2e7234a178e9dfdbe74de00f9";
    case Said::HoldEnded: return "590913c4c5ed40c69e5b6aec494eaf13";
    case Said::PlanApproved: return "dd9322e7974e4cc5a600d2a6e26e5c68";
    case Said::ApprovalVoid: return "1856393a4ec048eeb08d33d0aa8639fb";
    case Said::BadForgotten: return "a183b98cbd964b2ea18cbc9d4fb2f8a7";
    case Said::ConcernRaised: return "d4a155bc17fc4a6c953a49d72a6a4082";
    case Said::WindowMissed: return "809c3c64a0f74e9e9c7f2631e21e16a4";
    case Said::ClockUnsynchronised: return "95792eb92af44df7980ccf27bde4fa5b";
    case Said::FreezeUnreadable: return "477bb6e5997d4462afdf5d4b1ebf9cc8";
    case Said::FreezeRead: return "6a4abaac913f428f9cbd8a6163221b45";
    case Said::StepPutOff: return "9b5c416a284b473cbe73461b143696d1";
    case Said::JobSlow: return "24cacf74d004405cab38d94bf8ee09e1";
    case Said::HookFailed: return "c11d0a6e6f5e4f0b9a3f5d1f47c2b86e";
    case Said::NotTakenBack: return "b0d1f47c9e5a4c0f8a3e62d97b14c5e8";
    case Said::NotifyFailing: return "8754296016f64532809225b3781b6361";
    case Said::NotifyLost: return "2575066b6b824103a0d2ec13d108f091";
    case Said::NotifyWorks: return "52382e733f5d4e5b83529401f88a000b";
    case Said::FleetTrouble: return "7f1d6c0e9b3a4d5c8e2f10a4c6b8d97c";
    case Said::FleetWell: return "c4a9e2d17b5f4e86a3d08f6b1c7e5a92";
    case Said::FleetStopped: return "90b7d5f21c6e4a83b1f4d9e07a2c5368";
  }
  return {};
}

}  // namespace tykup::systemd

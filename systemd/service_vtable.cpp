#include "systemd/service_vtable.hpp"

#include <exception>
#include <string>

#include "systemd/bus/text.hpp"
#include "systemd/service.hpp"

namespace tykup::systemd {
namespace {

using bus::Message;

/// No exception crosses sd-bus's C frames: what is thrown becomes the answer.
template <typename Work>
int guarded(sd_bus_message* raw, void* userdata, Work work) {
  auto& service = *static_cast<Service*>(userdata);
  Message call = Message::share(raw);
  try {
    work(service, call);
  } catch (std::exception const& e) {
    service.answer(call, fail(ErrorKind::Internal, std::string{"a defect of tykupd: "} + e.what()));
  }
  return 1;
}

int on_get_status(sd_bus_message* raw, void* userdata, sd_bus_error* /*error*/) {
  return guarded(raw, userdata, [](Service& service, Message& call) { service.answer(call, service.controls().status_json()); });
}

int on_get_plan(sd_bus_message* raw, void* userdata, sd_bus_error* /*error*/) {
  return guarded(raw, userdata, [](Service& service, Message& call) { service.answer(call, service.controls().plan_json()); });
}

int on_get_plan_outside_fleet(sd_bus_message* raw, void* userdata, sd_bus_error* /*error*/) {
  return guarded(raw, userdata, [](Service& service, Message& call) { service.answer(call, service.controls().plan_outside_json()); });
}

Result<std::string> history(Service& service, Message& call) {
  auto const limit = call.read_u32();
  if (!limit) return fail(limit.error());
  auto const run = call.read_string();
  if (!run) return fail(run.error());
  if (auto sound = check_history_arguments(*limit, *run); !sound) return fail(sound.error());
  return service.controls().history_json(*limit, *run);
}

Result<std::string> way_back(Service& service, Message& call) {
  auto const component = call.read_string();
  if (!component) return fail(component.error());
  if (auto sound = check_component(*component); !sound) return fail(sound.error());
  return service.controls().way_back_json(*component);
}

int on_get_way_back(sd_bus_message* raw, void* userdata, sd_bus_error* /*error*/) {
  return guarded(raw, userdata, [](Service& service, Message& call) { service.answer(call, way_back(service, call)); });
}

int on_get_history(sd_bus_message* raw, void* userdata, sd_bus_error* /*error*/) {
  return guarded(raw, userdata, [](Service& service, Message& call) { service.answer(call, history(service, call)); });
}

int on_get_fleet(sd_bus_message* raw, void* userdata, sd_bus_error* /*error*/) {
  return guarded(raw, userdata, [](Service& service, Message& call) { service.get_fleet(call); });
}

int on_plan_fleet(sd_bus_message* raw, void* userdata, sd_bus_error* /*error*/) {
  return guarded(raw, userdata, [](Service& service, Message& call) { service.plan_fleet(call); });
}

int on_steer_fleet(sd_bus_message* raw, void* userdata, sd_bus_error* /*error*/) {
  return guarded(raw, userdata, [](Service& service, Message& call) { service.steer_fleet(call); });
}

template <Service::Change change>
int on_change(sd_bus_message* raw, void* userdata, sd_bus_error* /*error*/) {
  return guarded(raw, userdata, [](Service& service, Message& call) { service.serve(call, change); });
}

template <typename Read>
int property(sd_bus_message* reply, void* userdata, Read read) {
  try {
    std::string const text = bus::to_utf8(read(*static_cast<Service*>(userdata)));
    return sd_bus_message_append_basic(reply, SD_BUS_TYPE_STRING, text.c_str());
  } catch (std::exception const&) {
    return -EIO;
  }
}

int get_version(sd_bus* /*bus*/, char const* /*path*/, char const* /*interface*/, char const* /*property*/,
                sd_bus_message* reply, void* userdata, sd_bus_error* /*error*/) {
  return property(reply, userdata, [](Service& service) { return service.version(); });
}

int get_state(sd_bus* /*bus*/, char const* /*path*/, char const* /*interface*/, char const* /*property*/,
              sd_bus_message* reply, void* userdata, sd_bus_error* /*error*/) {
  return property(reply, userdata, [](Service& service) { return service.controls().state(); });
}

int get_status_text(sd_bus* /*bus*/, char const* /*path*/, char const* /*interface*/, char const* /*property*/,
                    sd_bus_message* reply, void* userdata, sd_bus_error* /*error*/) {
  return property(reply, userdata, [](Service& service) { return service.status_text(); });
}

int get_progress(sd_bus* /*bus*/, char const* /*path*/, char const* /*interface*/, char const* /*property*/,
                 sd_bus_message* reply, void* userdata, sd_bus_error* /*error*/) {
  return property(reply, userdata, [](Service& service) { return service.controls().progress_json(); });
}

// Unprivileged as far as sd-bus is concerned: polkit decides, in Service.
constexpr auto kOpen = SD_BUS_VTABLE_UNPRIVILEGED;

sd_bus_vtable const kVtable[] = {
    SD_BUS_VTABLE_START(0),
    SD_BUS_METHOD_WITH_ARGS("GetStatus", SD_BUS_NO_ARGS, SD_BUS_RESULT("s", json), on_get_status, kOpen),
    SD_BUS_METHOD_WITH_ARGS("GetPlan", SD_BUS_NO_ARGS, SD_BUS_RESULT("s", json), on_get_plan, kOpen),
    SD_BUS_METHOD_WITH_ARGS("GetHistory", SD_BUS_ARGS("u", limit, "s", run), SD_BUS_RESULT("s", json), on_get_history, kOpen),
    SD_BUS_METHOD_WITH_ARGS("Check", SD_BUS_NO_ARGS, SD_BUS_NO_RESULT, on_change<Service::Change::Check>, kOpen),
    SD_BUS_METHOD_WITH_ARGS("Run", SD_BUS_ARGS("s", plan_hash, "b", ignore_unhealthy), SD_BUS_RESULT("s", run), on_change<Service::Change::Run>, kOpen),
    SD_BUS_METHOD_WITH_ARGS("Stop", SD_BUS_NO_ARGS, SD_BUS_NO_RESULT, on_change<Service::Change::Stop>, kOpen),
    SD_BUS_METHOD_WITH_ARGS("RunInFreeze", SD_BUS_ARGS("s", plan_hash, "b", ignore_unhealthy), SD_BUS_RESULT("s", run),
                            on_change<Service::Change::RunInFreeze>, kOpen),
    SD_BUS_METHOD_WITH_ARGS("Hold", SD_BUS_ARGS("s", component, "s", until, "s", reason), SD_BUS_NO_RESULT,
                            on_change<Service::Change::Hold>, kOpen),
    SD_BUS_METHOD_WITH_ARGS("Release", SD_BUS_ARGS("s", component), SD_BUS_NO_RESULT,
                            on_change<Service::Change::Release>, kOpen),
    SD_BUS_METHOD_WITH_ARGS("Approve", SD_BUS_ARGS("s", plan, "s", until), SD_BUS_RESULT("s", plan_hash),
                            on_change<Service::Change::Approve>, kOpen),
    SD_BUS_METHOD_WITH_ARGS("ForgetBad", SD_BUS_ARGS("s", component), SD_BUS_NO_RESULT,
                            on_change<Service::Change::ForgetBad>, kOpen),
    SD_BUS_METHOD_WITH_ARGS("ApproveWithoutWayBack", SD_BUS_ARGS("s", plan, "s", until, "as", steps), SD_BUS_RESULT("s", plan_hash),
                            on_change<Service::Change::ApproveWithoutWayBack>, kOpen),
    SD_BUS_METHOD_WITH_ARGS("RunWithoutWayBack",
                            SD_BUS_ARGS("s", plan_hash, "b", ignore_unhealthy, "b", override_freeze, "as", steps),
                            SD_BUS_RESULT("s", run), on_change<Service::Change::RunWithoutWayBack>, kOpen),
    SD_BUS_METHOD_WITH_ARGS("GetPlanOutsideFleet", SD_BUS_NO_ARGS, SD_BUS_RESULT("s", json), on_get_plan_outside_fleet, kOpen),
    SD_BUS_METHOD_WITH_ARGS("RunOutsideFleet",
                            SD_BUS_ARGS("s", plan_hash, "b", ignore_unhealthy, "b", override_freeze, "s", reason, "as", steps),
                            SD_BUS_RESULT("s", run), on_change<Service::Change::RunOutsideFleet>, kOpen),
    SD_BUS_METHOD_WITH_ARGS("GetWayBack", SD_BUS_ARGS("s", component), SD_BUS_RESULT("s", json), on_get_way_back, kOpen),
    SD_BUS_METHOD_WITH_ARGS("RollBack", SD_BUS_ARGS("s", component, "s", to), SD_BUS_RESULT("s", run),
                            on_change<Service::Change::RollBack>, kOpen),
    SD_BUS_METHOD_WITH_ARGS("GetFleet", SD_BUS_NO_ARGS, SD_BUS_RESULT("s", json), on_get_fleet, kOpen),
    SD_BUS_METHOD_WITH_ARGS("PlanFleet", SD_BUS_ARGS("s", word), SD_BUS_RESULT("s", json), on_plan_fleet, kOpen),
    SD_BUS_METHOD_WITH_ARGS("SteerFleet", SD_BUS_ARGS("s", word), SD_BUS_RESULT("s", json), on_steer_fleet, kOpen),
    SD_BUS_PROPERTY("Version", "s", get_version, 0, SD_BUS_VTABLE_PROPERTY_CONST),
    SD_BUS_PROPERTY("State", "s", get_state, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
    SD_BUS_PROPERTY("StatusText", "s", get_status_text, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
    SD_BUS_PROPERTY("Progress", "s", get_progress, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
    SD_BUS_VTABLE_END,
};

}  // namespace

sd_bus_vtable const* manager_vtable() { return kVtable; }

}  // namespace tykup::systemd

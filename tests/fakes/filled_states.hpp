#pragma once

#include <utility>
#include <variant>
#include <vector>

#include "daemon/core/rollout.hpp"
#include "tests/fakes/filled.hpp"

namespace tykup::fakes {

/// One state for each phase, with something in every field.
inline std::vector<rollout::State> filled_states() {
  std::vector<rollout::State> states;
  auto const add = [&]<std::size_t I>() {
    rollout::State state;
    state.standing = filled<rollout::Standing>();
    state.phase = filled<std::variant_alternative_t<I, rollout::Phase>>();
    states.push_back(std::move(state));
  };
  auto const add_all = [&]<std::size_t... I>(std::index_sequence<I...>) {
    (add.template operator()<I>(), ...);
  };
  add_all(std::make_index_sequence<std::variant_size_v<rollout::Phase>>{});
  return states;
}

}  // namespace tykup::fakes

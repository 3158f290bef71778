#pragma once

#include <cstddef>
#include <string>
#include <string_view>

/// How the jobs of a run are called. The daemon makes the names, and the executor reads in them to what its work belongs.
namespace tykup::job {

/// Where in a run a job belongs; both empty: it is of none.
struct Place {
  std::string run = {};
  std::string component = {};
  friend bool operator==(Place const&, Place const&) = default;
};

/// "20261122T020000Z-3f2a9c.2.gateway.apply" for the step of that index, counted from 0. Neither run nor component has a dot.
[[nodiscard]] std::string id_in_run(Place const& place, std::size_t index, std::string_view what);

/// The place in such a name, whatever follows it.
[[nodiscard]] Place place_of(std::string const& id);

}  // namespace tykup::job

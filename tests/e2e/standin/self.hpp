#pragma once
#include <compare>
#include <string>
#include <vector>

namespace standin {

/// Who this program pretends to be. The test world appends one line to the ELF file of each package it makes:
/// `standin COMPONENT PACKAGE VERSION`; so the binary of every version is a different file.
struct Self {
  std::string component;
  std::string package;
  std::string version;
};

/// Reads the last line of /proc/self/exe; ends the process with a message where there is none.
[[nodiscard]] Self read_self();

/// The numbers of a version up to the first sign that is neither digit nor dot: 5.8.15~rc1 → 5, 8, 15.
[[nodiscard]] std::vector<int> numbers_of(std::string const& version);

/// Whether `version` is at least `bound`, by its numbers.
[[nodiscard]] bool at_least(std::string const& version, std::string const& bound);

}  // namespace standin

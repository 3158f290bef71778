#include <apt-pkg/debfile.h>
#include <apt-pkg/error.h>
#include <apt-pkg/fileutl.h>
#include <apt-pkg/tagfile.h>
#include <fmt/format.h>

#include <algorithm>
#include <sstream>

#include "pkg/apt/deb_file.hpp"
#include "pkg/apt/errors.hpp"

namespace tykup::pkg::apt {
namespace {

Result<std::string> member_of(std::string const& deb, char const* member) {
  FileFd file(deb, FileFd::ReadOnly);
  if (!file.IsOpen()) return fail(library_error(ErrorKind::HashMismatch, deb + " cannot be opened"));
  drain_errors();
  debDebFile archive(file);
  // The control file comes first and may be whole where the rest is cut off.
  if (_error->PendingError()) return fail(library_error(ErrorKind::HashMismatch, deb + " is no whole Debian package"));
  debDebFile::MemControlExtract extract(member);
  // A member that is no list of fields counts as unparsable there, after it was read; here it is text.
  if (!extract.Read(archive) && extract.Control == nullptr) {
    return fail(library_error(ErrorKind::HashMismatch, deb + " is not a Debian package"));
  }
  drain_errors();
  if (extract.Control == nullptr) return std::string{};
  return std::string(extract.Control, extract.Length);
}

}  // namespace

Result<DebControl> control_of(std::string const& deb) {
  auto text = member_of(deb, "control");
  if (!text) return fail(text.error());
  pkgTagSection section;
  *text += "\n\n";
  if (!section.Scan(text->data(), text->size())) {
    return fail(library_error(ErrorKind::HashMismatch, deb + " has no readable control file"));
  }
  DebControl control;
  control.name = section.FindS("Package");
  control.version = section.FindS("Version");
  control.architecture = section.FindS("Architecture");
  control.installed_kib = section.FindULL("Installed-Size", 0);
  return control;
}

Result<std::vector<std::string>> md5sums_of(std::string const& deb) {
  auto const text = member_of(deb, "md5sums");
  if (!text) return fail(text.error());
  std::vector<std::string> lines;
  std::istringstream stream(*text);
  for (std::string line; std::getline(stream, line);) {
    if (!line.empty()) lines.push_back(line);
  }
  std::sort(lines.begin(), lines.end());
  return lines;
}

ArchiveFormat deb_files() {
  auto const label = [](std::string const& file) -> Result<PackageLabel> {
    auto const control = control_of(file);
    if (!control) return fail(control.error());
    return PackageLabel{control->name, control->version, control->architecture};
  };
  return {PackageFormat::Deb, ".deb", label};
}

}  // namespace tykup::pkg::apt

"""The scriptlets of stand-ins in rpm packages. They behave as those of their era do, in our own words:

A  %post copies the unit, which no package owns; %postun asks nobody and removes it, whichever version is leaving.
B  as A, but %postun does so only where the last version leaves.
C  as A, and %postun stops the service as well.
D  the package owns the unit; %post restarts; %postun takes the number that rpm gives the version replaced for that of a
   clean removal, and stops the service; %posttrans copies the unit back where an older package's script took it."""

from .standin_meet import MEET_THE_TEST

PRE = """
{meet}
getent group tyk > /dev/null || groupadd --system tyk
getent passwd tyk > /dev/null || useradd --system --gid tyk --no-create-home --shell /usr/sbin/nologin tyk
meet_the_test preinst
"""

COPYING_POST = """
{meet}
{own}
cp {shipped_unit} {unit}
meet_the_test postinst
systemctl daemon-reload
systemctl enable {package}.service
{starts}
exit 0
"""

REMOVING_POSTUN = """
{meet}
meet_the_test postrm
if {leaves}; then
  {stops}
  rm -f {unit} /etc/init.d/{package}
  systemctl daemon-reload
fi
exit 0
"""

POST = """
{meet}
stage=install
[ "$1" != 2 ] || stage=upgrade
{own}
if [ -f {config_path} ]; then chmod 660 {config_path}; fi
if [ $stage = upgrade ] && [ ! -f {unit} ]; then cp {shipped_unit} {unit}; fi
meet_the_test postinst
systemctl daemon-reload
if [ $stage = install ]; then
  systemctl unmask {package}.service
  systemctl preset {package}.service
  systemctl enable {package}.service
fi
systemctl restart {package}.service
exit 0
"""

POSTUN = """
{meet}
clean_remove() {{
  systemctl stop {package}.service
  systemctl daemon-reload
  service stop {package}
  chkconfig --del {package}
}}
meet_the_test postrm
case "$1" in
  2) ;;
  *) clean_remove > /dev/null 2>&1 ;;
esac
exit 0
"""

POSTTRANS = """
{meet}
meet_the_test posttrans
if [ ! -f {unit} ]; then cp {shipped_unit} {unit}; fi
exit 0
"""

ERAS = {
    "A": {"pre": PRE, "post": COPYING_POST, "postun": REMOVING_POSTUN},
    "B": {"pre": PRE, "post": COPYING_POST, "postun": REMOVING_POSTUN},
    "C": {"pre": PRE, "post": COPYING_POST, "postun": REMOVING_POSTUN},
    "D": {"pre": PRE, "post": POST, "postun": POSTUN, "posttrans": POSTTRANS},
}


def scripts(words, era):
    """By the names of rpm's sections, filled."""
    package = words["package"]
    stops = {"A": ":", "B": f"systemctl stop {package}.service", "C": f"systemctl stop {package}.service"}
    words = {**words, "meet": MEET_THE_TEST.format(**words), "unit": f"/lib/systemd/system/{package}.service",
             "shipped_unit": f"{words['folder']}/install/inits/systemd/system/{package}.service",
             "leaves": '[ "$1" = 0 ]' if era == "B" else "true", "stops": stops.get(era, ":"),
             # An upgrade leaves the old process alone; a first installation starts the service.
             "starts": f'if [ "$1" = 1 ]; then systemctl restart {package}.service; fi'}
    return {name: text.format(**words) for name, text in ERAS[era].items()}

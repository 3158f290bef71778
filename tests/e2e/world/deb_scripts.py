"""The maintainer scripts of stand-ins in Debian packages."""

from .standin_meet import MEET_THE_TEST

PREINST = """#!/bin/sh
{meet}
getent group tyk > /dev/null || groupadd --system tyk
getent passwd tyk > /dev/null || useradd --system --gid tyk --no-create-home --shell /usr/sbin/nologin tyk
meet_the_test preinst
"""

POSTINST = """#!/bin/sh
{meet}
stage=install
case "$1" in
  configure) [ -z "$2" ] || stage=upgrade ;;
  2) stage=upgrade ;;
esac
{own}
if [ -f {config_path} ]; then chmod 660 {config_path}; fi
unit=/lib/systemd/system/{package}.service
if {copies} || [ $stage = upgrade -a ! -f $unit ]; then cp {folder}/install/inits/systemd/system/{package}.service $unit; fi
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

POSTRM = """#!/bin/sh
{meet}
clean_remove() {{
  systemctl stop {package}.service
  {removes}
  systemctl daemon-reload
  service stop {package}
  update-rc.d {package} remove
}}
meet_the_test postrm
case "$1" in
  {upgrade}) ;;
  *) clean_remove > /dev/null 2>&1 ;;
esac
exit 0
"""


def scripts(words, era):
    """By name, filled. In era "C" the package's script removes its own unit on upgrade."""
    unit = f"/lib/systemd/system/{words['package']}.service"
    words = {**words, "meet": MEET_THE_TEST.format(**words), "copies": "true" if era == "C" else "false",
             "removes": f"rm -f {unit}" if era == "C" else ":", "upgrade": "never" if era == "C" else "upgrade"}
    return {name: text.format(**words) for name, text in {"preinst": PREINST, "postinst": POSTINST, "postrm": POSTRM}.items()}

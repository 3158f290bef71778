"""The world of power cuts does lose what was not synced, and nothing else."""

import pytest

pytestmark = pytest.mark.formats("apt")

# "unsynced" is renamed before its bytes are on the disk, "synced" is written as it should be, "later" comes after that.
WRITES = """
cd /var/lib
text() { seq 1 3000; }
text > unsynced.tmp; mv unsynced.tmp unsynced
text > synced.tmp; sync synced.tmp; mv synced.tmp synced; sync /var/lib
text > later.tmp; mv later.tmp later
"""
TEXT = "".join(f"{number}\n" for number in range(1, 3001))


def test_a_power_cut_loses_what_was_not_synced(scene):
    host = scene.host(own_disk=True)
    host.shell(WRITES)
    host.lose_power()
    host.boot()
    assert host.read("/var/lib/synced") == TEXT
    assert host.exists("/var/lib/unsynced") and host.read("/var/lib/unsynced") == ""
    assert not host.exists("/var/lib/later")


def test_a_crash_without_a_power_cut_loses_nothing(scene):
    host = scene.host(own_disk=True)
    host.shell(WRITES)
    host.crash()
    host.boot()
    assert [host.read(f"/var/lib/{name}") for name in ("synced", "unsynced", "later")] == [TEXT] * 3

"""The dashboard and the rules speak only of what the daemon tells, in words that Prometheus understands.

Usage: dashboard_test.py DASHBOARD RULES METRICS; promtool is found in PATH. Ends with 1 and the defects if there are any."""

import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path

NAMES = re.compile(r"\btykup(?:_[a-z_]+|:[a-z_]+)")


def expressions(dashboard):
    """(panel, expression) of every panel, with the variables of the dashboard filled in."""
    for panel in dashboard["panels"]:
        for target in panel["targets"]:
            yield panel["title"], target["expr"].replace("$instance", ".*")


def known_names(metrics, rules):
    told = set(re.findall(r"^# TYPE (\S+) gauge$", metrics, re.MULTILINE))
    return told, set(re.findall(r"record: (\S+)", rules))


def overlaps(panels):
    taken = {}
    for panel in panels:
        at = panel["gridPos"]
        for cell in ((x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])):
            if cell in taken:
                yield f"{panel['title']} lies over {taken[cell]}"
                break
            taken[cell] = panel["title"]


def misspelt(expressions):
    """What promtool says of the expressions, each as a rule of its own."""
    rules = [{"record": f"test:{number}", "expr": text} for number, (_, text) in enumerate(expressions)]
    with tempfile.NamedTemporaryFile("w", suffix=".yml") as file:
        json.dump({"groups": [{"name": "dashboard", "rules": rules}]}, file)  # JSON is YAML
        file.flush()
        checked = subprocess.run(["promtool", "check", "rules", file.name], capture_output=True, text=True, check=False)
    return [] if checked.returncode == 0 else [checked.stdout + checked.stderr]


def main(dashboard_file, rules_file, metrics_file):
    dashboard = json.loads(Path(dashboard_file).read_text())
    rules = Path(rules_file).read_text()
    told, recorded = known_names(Path(metrics_file).read_text(), rules)
    shown = list(expressions(dashboard))
    texts = shown + [("the rules", line) for line in re.findall(r"expr: (.*)", rules)]
    defects = [f"{where}: nobody tells {name}" for where, text in texts for name in NAMES.findall(text) if name not in told | recorded]
    ids = [panel["id"] for panel in dashboard["panels"]]
    defects += [f"two panels have the number {number}" for number in set(ids) if ids.count(number) > 1]
    defects += overlaps(dashboard["panels"])
    defects += misspelt(shown)
    unseen = {name for name in told | recorded if not any(name in NAMES.findall(text) for _, text in texts)}
    defects += [f"{name} is told and shown nowhere" for name in sorted(unseen - ALONE)]
    print("\n".join(defects) or f"{len(shown)} expressions of {len(ids)} panels are sound")
    return 1 if defects else 0


# Told for those who ask, on no panel of ours.
ALONE = {"tykup_build_info", "tykup_next_refresh_timestamp_seconds", "tykup_trouble", "tykup_plan_steps", "tykup_subscription_trusted",
         "tykup_last_run_started_timestamp_seconds", "tykup_last_run_ended_timestamp_seconds", "tykup_bad_version_until_timestamp_seconds",
         "tykup_fleet_member", "tykup_fleet_etcd_answered_timestamp_seconds", "tykup_fleet_rollout_info", "tykup_fleet_steps_read_timestamp_seconds",
         "tykup:window_seconds_left"}

if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))

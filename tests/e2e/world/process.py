"""Running programs of the machine itself, with an environment that does not depend on who runs the tests."""

import subprocess

ENVIRONMENT = {
    "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "LANG": "C.UTF-8",
    "HOME": "/root",
}


class CommandFailed(AssertionError):
    """A program ended with another exit status than 0; the message holds what it was and what it printed."""

    def __init__(self, argv, result):
        super().__init__(f"{' '.join(map(str, argv))}\nended with {result.returncode}\n{result.stdout}{result.stderr}")
        self.result = result


def run(*argv, check=True, within=120, input=None, env=None, cwd=None):
    """Runs a program to its end and returns the completed process, its output as text."""
    result = subprocess.run([str(word) for word in argv], input=input, capture_output=True, text=True, errors="replace",
                            stdin=subprocess.DEVNULL if input is None else None, timeout=within, cwd=cwd,
                            env={**ENVIRONMENT, **(env or {})})
    if check and result.returncode != 0:
        raise CommandFailed(argv, result)
    return result


def output(*argv, **options):
    """What a program printed, without the white space at its end."""
    return run(*argv, **options).stdout.strip()

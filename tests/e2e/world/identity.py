"""Who signs and who is trusted in the test world: one certificate authority that every host trusts, and OpenPGP keys.
They live in the cache, so that a root made yesterday trusts today's servers."""

import shutil
from pathlib import Path

from .process import output, run
from .session import CACHE, waiting_lock
from .waiting import wait_for

FOLDER = CACHE / "identity"


class Authority:
    """The certificate authority that the hosts trust."""

    def __init__(self):
        self.certificate = FOLDER / "ca.crt"
        self.key = FOLDER / "ca.key"
        with waiting_lock(FOLDER / "lock"):
            if not self.certificate.exists():
                self._make()

    def _make(self):
        making = FOLDER / "ca.making"
        run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "3650",
            "-subj", "/CN=Test Authority", "-keyout", self.key, "-out", making,
            "-addext", "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=critical,keyCertSign,cRLSign")
        making.rename(self.certificate)

    def issue(self, folder, *names, days=30):
        """A certificate for host names and addresses; returns (certificate, key). A negative `days` has expired."""
        folder.mkdir(parents=True, exist_ok=True)
        stem = f"{names[0]}.{days}days"
        certificate, key, request, extensions = (folder / f"{stem}.{end}" for end in ("crt", "key", "csr", "ext"))
        alt = ",".join(f"IP:{n}" if n.replace(".", "").isdigit() else f"DNS:{n}" for n in names)
        extensions.write_text(f"subjectAltName={alt}\n")
        run("openssl", "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj", f"/CN={names[0]}",
            "-keyout", key, "-out", request)
        run("openssl", "x509", "-req", "-in", request, "-CA", self.certificate, "-CAkey", self.key, "-CAcreateserial",
            "-CAserial", folder / "serial", "-days", str(days), "-extfile", extensions, "-out", certificate)
        return certificate, key


class SigningKey:
    """An OpenPGP key made once under its name. `expires` is GnuPG's: 0 for never, or such as 20d."""

    def __init__(self, name, expires="0"):
        self.name = name
        self._home = FOLDER / f"gpg-{name}-{expires}"
        with waiting_lock(FOLDER / "lock"):
            if not (self._home / "public.asc").exists():
                self._make(expires)
        self.armored = (self._home / "public.asc").read_text()
        self.fingerprint = (self._home / "fingerprint").read_text()

    def _make(self, expires):
        shutil.rmtree(self._home, ignore_errors=True)
        self._home.mkdir(mode=0o700)
        self._gpg("--passphrase", "", "--quick-gen-key", f"{self.name} (test world) <{self.name}@packagecloud.test>",
                  "rsa3072", "sign", expires)
        listing = self._gpg("--with-colons", "--list-keys")
        fingerprint = next(line.split(":")[9] for line in listing.splitlines() if line.startswith("fpr:"))
        (self._home / "fingerprint").write_text(fingerprint)
        (self._home / "public.asc").write_text(self._gpg("--armor", "--export", fingerprint) + "\n")
        self._end_agent()

    def _gpg(self, *arguments):
        return output("gpg", "--homedir", self._home, "--batch", "--yes", "--quiet", "--pinentry-mode", "loopback", *arguments)

    def _end_agent(self):
        """Returns when it is gone: who comes while it is leaving is hung up on."""
        run("gpgconf", "--homedir", self._home, "--kill", "all", check=False)
        agent = Path(output("gpgconf", "--homedir", self._home, "--list-dirs", "agent-socket"))
        wait_for(lambda: not agent.exists(), f"the agent of {self._home} is gone", within=20, every=0.01)

    def sign_release(self, release):
        """Writes InRelease and Release.gpg beside a Release file."""
        release = Path(release)
        with waiting_lock(self._home / "signing"):
            self._gpg("--digest-algo", "SHA512", "--output", release.with_name("InRelease"), "--clearsign", release)
            self._gpg("--digest-algo", "SHA512", "--armor", "--output", release.with_name("Release.gpg"), "--detach-sign", release)
            self._end_agent()

    def sign_metadata(self, repomd):
        """Writes repomd.xml.asc beside a repomd.xml."""
        with waiting_lock(self._home / "signing"):
            self._gpg("--digest-algo", "SHA512", "--armor", "--output", f"{repomd}.asc", "--detach-sign", repomd)
            self._end_agent()

    def sign_package(self, package):
        """Puts a signature into an .rpm."""
        with waiting_lock(self._home / "signing"):
            run("rpmsign", "--addsign", "--define", f"_gpg_name {self.fingerprint}", "--define", f"_gpg_path {self._home}", "--define",
                "__gpg /usr/bin/gpg", "--define", "_gpg_digest_algo sha512", package)
            self._end_agent()

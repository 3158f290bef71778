"""The world of the end-to-end tests: Debian hosts booted with real systemd, signed repositories behind nginx with TLS,
and stand-ins for Tyk's packages. Every part is made from the distribution's own packages and needs root."""

"""A PostgreSQL server of our own, from the distribution's package: made, started, stopped and started again."""

import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

PASSWORD = "wordofpass"
USER = "ablations"


def programs() -> Path:
    """Where initdb and pg_ctl lie. Debian keeps them off the path. Fails where PostgreSQL is not installed."""
    found = shutil.which("pg_ctl")
    newest = sorted(Path("/usr/lib/postgresql").glob("*/bin/pg_ctl"))
    assert found or newest, "these tests need PostgreSQL: apt-get install postgresql"
    return Path(found).parent if found else newest[-1].parent


@dataclass(frozen=True)
class Postgres:
    """A cluster in a folder, listening on 127.0.0.1 only."""

    folder: Path
    port: int

    @property
    def address(self) -> str:
        """As `--postgres` takes it."""
        return f"postgresql://{USER}:{PASSWORD}@127.0.0.1:{self.port}"

    def make(self) -> None:
        """initdb, with the password for every connection."""
        self.folder.mkdir(parents=True)
        secret = self.folder / "password"
        secret.write_text(PASSWORD)
        if os.geteuid() == 0:
            account = pwd.getpwnam("postgres")
            for path in (self.folder, secret):
                os.chown(path, account.pw_uid, account.pw_gid)
        options = [f"--username={USER}", f"--pwfile={secret}", "--auth=scram-sha-256"]
        self._run("initdb", "--pgdata", str(self.folder / "data"), *options, "--no-sync")

    def start(self) -> None:
        """Start it and wait until it takes connections."""
        options = f"-p {self.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={self.folder} -c fsync=off"
        log = str(self.folder / "log")
        self._run("pg_ctl", "start", "--wait", "-D", str(self.folder / "data"), "-l", log, "-o", options)

    def stop(self) -> None:
        """Stop it at once: who is connected is thrown out."""
        self._run("pg_ctl", "stop", "--wait", "--mode=fast", "-D", str(self.folder / "data"))

    def _run(self, program: str, *arguments: str) -> None:
        """PostgreSQL refuses to be run by root."""
        as_owner = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
        command = [*as_owner, str(programs() / program), *arguments]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd="/", timeout=60)

"""How far the locks of a file system reach: to everybody who can see the file, or no further than this machine.

`flock` succeeds on many file systems that several machines share and that keep locks to each of them: NFS mounted with
`nolock` or `local_lock=all`, Lustre with `localflock`, sshfs. What the system says of its mounts tells which.
"""

import os
import subprocess
import sys
from pathlib import Path
from typing import Literal, NamedTuple

Who = Literal["everyone", "machine", "unknown", "nobody"]

# Of one machine, or of one container: whoever sees a file sees its locks. So are others whose source is a disk.
LOCAL = frozenset({"zfs", "btrfs", "bcachefs", "tmpfs", "ramfs", "devtmpfs", "overlay", "aufs", "ecryptfs", "fuseblk"})
SHARED = frozenset({"ceph", "fuse.ceph", "fuse.ceph-fuse", "fuse.glusterfs", "fuse.juicefs"})  # their servers lock
PER_MACHINE = frozenset({"fuse.sshfs", "virtiofs"})
# Two machines may both make one file there, and both are told that they made it
OBJECT_STORES = frozenset(
    f"fuse.{name}"
    for name in ("s3fs", "gcsfuse", "rclone", "goofys", "geesefs", "mountpoint-s3", "blobfuse", "blobfuse2")
)


class Reach(NamedTuple):
    """Who is kept out by a lock. 'machine': processes of this machine alone; 'nobody': also no file is one's own there.

    `file_system`: in words, such as 'nfs4 mounted with local_lock=all'.
    """

    who: Who
    file_system: str


_known: dict[int, Reach] = {}  # by device: a file system that is in use doesn't change


def lock_reach(descriptor: int, path: Path) -> Reach:
    """How far a lock on this open file reaches. Its file system is looked up once for each device."""
    device = os.fstat(descriptor).st_dev
    if device not in _known:
        _known[device] = _reach_by_df(path) if sys.platform == "darwin" else _reach_by_mounts(descriptor)
    return _known[device]


def _reach_by_mounts(descriptor: int) -> Reach:
    try:
        facts = dict(line.split(":\t") for line in Path(f"/proc/self/fdinfo/{descriptor}").read_text().splitlines())
        return reach_of_mount(facts["mnt_id"].strip(), Path("/proc/self/mountinfo").read_text(errors="replace"))
    except (OSError, KeyError, ValueError):
        return Reach("unknown", "a file system of which the system says nothing")


def reach_of_mount(mount_id: str, mountinfo: str) -> Reach:
    """How far locks reach on the mount of this number, by the text of /proc/PID/mountinfo (proc(5))."""
    for line in mountinfo.splitlines():
        mount, dash, of_file_system = line.partition(" - ")
        fields = of_file_system.split(" ")
        if dash and mount.split(" ")[0] == mount_id and len(fields) >= 2:
            kind, source = fields[:2]
            return reach_of(kind, source, frozenset(",".join(fields[2:]).split(",")))
    return Reach("unknown", "a file system of which the system says nothing")


def reach_of(kind: str, source: str, options: frozenset[str]) -> Reach:
    """How far locks reach on a file system of this kind, mounted with these options."""
    if kind in ("nfs", "nfs4"):
        return _by_options(kind, options & {"nolock", "local_lock=all", "local_lock=flock"}, "everyone")
    if kind == "lustre":
        return _by_options(kind, options & {"localflock"}, "everyone" if "flock" in options else "unknown")
    if kind in ("gfs2", "ocfs2"):
        local = options & {"localflocks", "lockproto=lock_nolock"}
        return _by_options(kind, local, "everyone")
    if kind in ("cifs", "smb3"):
        return _by_options(kind, options & {"nobrl"}, "unknown")
    if kind in OBJECT_STORES:
        return Reach("nobody", kind)
    if kind in PER_MACHINE:
        return Reach("machine", kind)
    is_local = kind in LOCAL or (source.startswith("/dev/") and not kind.startswith("fuse"))
    return Reach("everyone" if is_local or kind in SHARED else "unknown", kind)


def _by_options(kind: str, that_keep_it_here: frozenset[str], otherwise: Who) -> Reach:
    """'machine' where any of these options is set, which the words then name."""
    if that_keep_it_here:
        return Reach("machine", f"{kind} mounted with {', '.join(sorted(that_keep_it_here))}")
    return Reach(otherwise, kind)


def _reach_by_df(path: Path) -> Reach:
    try:
        done = subprocess.run(["/bin/df", "-P", str(path)], capture_output=True, text=True, timeout=10, check=True)
    except (OSError, subprocess.SubprocessError):
        return Reach("unknown", "a file system of which the system says nothing")
    return reach_by_df(done.stdout)


def reach_by_df(text: str) -> Reach:
    """How far locks reach by what `df -P FILE` says, on a system that has no /proc: disks of this machine are known."""
    source = text.splitlines()[-1].split(" ")[0] if text.strip() else ""
    return Reach("everyone", "a disk") if source.startswith("/dev/") else Reach("unknown", source or "no file system")

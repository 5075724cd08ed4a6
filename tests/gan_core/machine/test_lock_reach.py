"""How far locks reach, by what the system says of its mounts."""

import os
from pathlib import Path

import pytest

from gan_core.machine import lock_reach
from gan_core.machine.lock_reach import reach_by_df, reach_of_mount

# As Linux writes it; the options of NFS are those of nfs_show_options in its source
MOUNTS = """\
27 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw,discard
40 27 0:50 / /nfs rw,relatime shared:2 master:3 - nfs4 server:/export rw,vers=4.2,hard,local_lock=none,addr=10.0.0.1
41 27 0:51 / /all rw,relatime - nfs4 server:/export rw,vers=4.2,local_lock=all,addr=10.0.0.1
42 27 0:52 / /flock rw,relatime - nfs server:/export rw,vers=3,local_lock=flock,addr=10.0.0.1
43 27 0:53 / /posix rw,relatime - nfs server:/export rw,vers=3,local_lock=posix,addr=10.0.0.1
44 27 0:54 / /nolock rw,relatime - nfs server:/export rw,vers=3,nolock,local_lock=all,addr=10.0.0.1
50 27 0:60 / /lustre rw,relatime - lustre 10.0.0.2@tcp:/scratch rw,flock,lazystatfs
51 27 0:61 / /localflock rw,relatime - lustre 10.0.0.2@tcp:/scratch rw,localflock,lazystatfs
52 27 0:62 / /noflock rw,relatime - lustre 10.0.0.2@tcp:/scratch rw,lazystatfs
60 27 0:70 / /ssh rw,nosuid - fuse.sshfs me@there:/home rw,user_id=0
61 27 0:71 / /ceph rw,relatime - ceph 10.0.0.3:6789:/ rw,name=me
62 27 0:72 / /gpfs rw,relatime - gpfs gpfs0 rw
63 27 0:73 / /cifs rw,relatime - cifs //there/share rw,vers=3.1.1,nobrl
64 27 0:74 / /smb rw,relatime - cifs //there/share rw,vers=3.1.1
65 27 0:75 / /bucket rw,nosuid - fuse.gcsfuse bucket rw
66 27 0:76 / /vm rw,relatime - 9p share rw,trans=virtio
67 27 253:3 / /gfs rw,relatime - gfs2 /dev/mapper/shared rw
68 27 253:4 / /ocfs rw,relatime - ocfs2 /dev/mapper/shared rw,localflocks
69 27 253:5 / /new rw,relatime - brandnewfs /dev/mapper/own rw
70 27 0:77 / /fuse\\040disk rw,relatime - fuse.something /dev/fuse rw
71 27 0:78 / / rw,relatime - overlay overlay rw,lowerdir=/a,upperdir=/b
72 27 0:79 / /broken"""


@pytest.mark.parametrize(
    ("mount", "who", "words"),
    [
        ("27", "everyone", "ext4"),
        ("40", "everyone", "nfs4"),
        ("41", "machine", "nfs4 mounted with local_lock=all"),
        ("42", "machine", "nfs mounted with local_lock=flock"),
        ("43", "everyone", "nfs"),  # flock goes to the server as a lock of the whole file
        ("44", "machine", "nfs mounted with local_lock=all, nolock"),
        ("50", "everyone", "lustre"),
        ("51", "machine", "lustre mounted with localflock"),
        ("52", "unknown", "lustre"),
        ("60", "machine", "fuse.sshfs"),
        ("61", "everyone", "ceph"),
        ("62", "unknown", "gpfs"),
        ("63", "machine", "cifs mounted with nobrl"),
        ("64", "unknown", "cifs"),
        ("65", "nobody", "fuse.gcsfuse"),
        ("66", "unknown", "9p"),
        ("67", "everyone", "gfs2"),
        ("68", "machine", "ocfs2 mounted with localflocks"),
        ("69", "everyone", "brandnewfs"),  # on a disk
        ("70", "unknown", "fuse.something"),
        ("71", "everyone", "overlay"),
        ("72", "unknown", "a file system of which the system says nothing"),
        ("99", "unknown", "a file system of which the system says nothing"),
    ],
)
def test_each_kind_of_mount(mount: str, who: str, words: str) -> None:
    assert reach_of_mount(mount, MOUNTS) == (who, words)


def test_a_disk_is_known_where_there_is_no_proc() -> None:
    head = "Filesystem 512-blocks Used Available Capacity Mounted on\n"
    assert reach_by_df(f"{head}/dev/disk3s5 1 2 3 4% /System/Volumes/Data\n").who == "everyone"
    assert reach_by_df(f"{head}server:/export 1 2 3 4% /Volumes/export\n") == ("unknown", "server:/export")
    assert reach_by_df("").who == "unknown"


def test_a_device_is_looked_up_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def reach(mount_id: str, mountinfo: str) -> lock_reach.Reach:
        asked.append(mount_id)
        return lock_reach.Reach("unknown", "asked")

    monkeypatch.setattr(lock_reach, "_known", {})
    monkeypatch.setattr(lock_reach, "reach_of_mount", reach)
    for name in ("one", "two", "one"):
        descriptor = os.open(tmp_path / name, os.O_RDWR | os.O_CREAT)
        assert lock_reach.lock_reach(descriptor, tmp_path / name).file_system == "asked"
        os.close(descriptor)
    assert len(asked) == 1

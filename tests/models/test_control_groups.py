"""What control groups leave the process: version 1 and 2, nested, in and out of a container."""

from __future__ import annotations

import pytest

from models.control_groups import left_bytes


@pytest.fixture
def proc(tmp_path):
    (tmp_path / "proc").mkdir()
    return tmp_path / "proc"


def group(folder, **files):
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / name.replace("__", ".")).write_text(f"{text}\n")


def describe(proc, groups, mounts):
    (proc / "cgroup").write_text("\n".join(groups))
    (proc / "mountinfo").write_text("\n".join(mounts))


def v2(proc, path, root="/"):
    mount = str(proc.parent / "fs").replace(" ", "\\040")
    describe(proc, [f"0::{path}"], [f"30 1 0:26 {root} {mount} rw - cgroup2 cgroup rw"])
    return proc.parent / "fs"


def test_without_groups_nothing_limits(proc):
    assert left_bytes(proc) is None


def test_the_process_s_own_group_counts_not_only_the_root(proc):
    fs = v2(proc, "/user/app")
    group(fs / "user" / "app", memory__max=1000, memory__current=300)
    assert left_bytes(proc) == 700


def test_the_tightest_of_the_groups_above_counts(proc):
    fs = v2(proc, "/pod/app")
    group(fs, memory__max="max", memory__current=9000)
    group(fs / "pod", memory__max=1000, memory__current=900)
    group(fs / "pod" / "app", memory__max=5000, memory__current=300)
    assert left_bytes(proc) == 100


def test_no_limit_anywhere_is_none(proc):
    fs = v2(proc, "/app")
    group(fs / "app", memory__max="max", memory__current=300)
    assert left_bytes(proc) is None


def test_files_that_the_kernel_can_drop_are_no_use_of_memory(proc):
    fs = v2(proc, "/app")
    stat = "anon 100\ninactive_file 250\nactive_file 50"
    group(fs / "app", memory__max=1000, memory__current=400, memory__stat=stat)
    assert left_bytes(proc) == 850


def test_a_container_sees_its_own_group_as_the_mount_s_root(proc):
    fs = v2(proc, "/", root="/")
    group(fs, memory__max=1000, memory__current=400)
    assert left_bytes(proc) == 600


def test_a_mount_of_a_part_of_the_hierarchy(proc):
    fs = v2(proc, "/docker/abc/inner", root="/docker/abc")
    group(fs, memory__max=800, memory__current=100)
    group(fs / "inner", memory__max=500, memory__current=100)
    assert left_bytes(proc) == 400


def test_a_group_outside_of_the_namespace_falls_back_to_the_mount(proc):
    fs = v2(proc, "/../elsewhere")
    group(fs, memory__max=800, memory__current=100)
    assert left_bytes(proc) == 700


def test_version_1_has_a_hierarchy_of_its_own_for_memory(proc):
    fs = proc.parent / "memory"
    describe(
        proc,
        ["4:cpu,cpuacct:/x", "3:memory:/app", "1:name=systemd:/y", "0::/z"],
        [f"31 1 0:27 / {fs} rw - cgroup cgroup rw,memory"],
    )
    stat = "total_inactive_file 50\nhierarchical_memory_limit 1000"
    group(
        fs / "app",
        memory__limit_in_bytes=1000, memory__usage_in_bytes=300, memory__stat=stat,
    )  # fmt: skip
    group(fs, memory__limit_in_bytes=9223372036854771712, memory__usage_in_bytes=300)
    assert left_bytes(proc) == 750


def test_more_than_the_limit_leaves_nothing(proc):
    fs = v2(proc, "/app")
    group(fs / "app", memory__max=100, memory__current=300)
    assert left_bytes(proc) == 0

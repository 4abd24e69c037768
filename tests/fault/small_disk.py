"""A disk that is soon full, for tests of what is left behind then."""

import contextlib
import os
import subprocess


@contextlib.contextmanager
def small_disk(folder, size):
    """Mounts a tmpfs of `size` ("64k") on the folder; gives None, and says so, where it cannot."""
    mount = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)]
    if os.geteuid() != 0:
        print("SKIPPED full: a small tmpfs needs root")
        yield None
    elif subprocess.run(mount, capture_output=True).returncode != 0:
        print("SKIPPED full: tmpfs cannot be mounted here")
        yield None
    else:
        try:
            yield folder
        finally:
            subprocess.run(["umount", str(folder)], check=False)


def fill(file):
    """Writes until nothing fits any more."""
    with open(file, "wb", buffering=0) as filler:
        try:
            while True:
                filler.write(b"x" * 512)
        except OSError:
            pass

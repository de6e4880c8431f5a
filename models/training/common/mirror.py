"""Read files of the public repositories the training draws on, straight from bare git snapshots.

BLENDSCOPE_SOURCES names a folder that holds one snapshot per repository: <owner>+<name>/repo (bare) or
<owner>+<name>/repo/.git. Reading blobs needs no work tree, and the commit pins every byte. BLENDSCOPE_WORK
names the folder for what the training makes on the way: crops, checkpoints, logs.
"""

import os
import subprocess
from pathlib import Path


class MissingSource(RuntimeError):
    """A repository, a commit or a file that the training needs is not at hand."""


def sources_root() -> Path:
    """The folder of snapshots, from BLENDSCOPE_SOURCES."""
    return _folder("BLENDSCOPE_SOURCES", must_exist=True)


def work_root() -> Path:
    """The folder for intermediate files, from BLENDSCOPE_WORK; made when missing."""
    path = _folder("BLENDSCOPE_WORK", must_exist=False)
    path.mkdir(parents=True, exist_ok=True)
    return path


def _folder(variable: str, must_exist: bool) -> Path:
    value = os.environ.get(variable)
    if not value:
        raise MissingSource(f"set {variable} to a folder (see models/training/README.md)")
    path = Path(value)
    if must_exist and not path.is_dir():
        raise MissingSource(f"{variable}={value}: no such folder")
    return path


def git_dir(repo: str, root: Path | None = None) -> Path:
    """The git directory of `owner/name` below the folder of snapshots."""
    base = (root or sources_root()) / repo.replace("/", "+") / "repo"
    for candidate in (base / ".git", base):
        if (candidate / "objects").is_dir():
            return candidate
    raise MissingSource(f"no snapshot of {repo} at {base}")


class Mirror:
    """One repository at one commit. Keeps a `git cat-file --batch` child, so that thousands of reads stay cheap.

    Not safe for several threads at once; make one per process.
    """

    def __init__(self, repo: str, commit: str, root: Path | None = None):
        self.repo, self.commit = repo, commit
        self._git = ["git", f"--git-dir={git_dir(repo, root)}"]
        self._env = dict(os.environ, GIT_NO_LAZY_FETCH="1")  # a blob left out of the snapshot is missing, not fetched
        self._child = None

    def list(self, under: str = "") -> list[str]:
        """Paths of the files below `under`, sorted; MissingSource when there are none."""
        command = [*self._git, "ls-tree", "-r", "-z", "--name-only", self.commit, "--", under or "."]
        done = subprocess.run(command, capture_output=True, env=self._env)
        paths = sorted(p for p in done.stdout.decode("utf-8", "surrogateescape").split("\0") if p)
        if done.returncode != 0 or not paths:
            raise MissingSource(f"{self.repo}@{self.commit[:12]}: nothing at {under or '/'} {done.stderr.decode()[:200]}")
        return paths

    def read(self, path: str) -> bytes:
        """The bytes of one file; MissingSource when the snapshot lacks it."""
        if self._child is None:
            self._child = subprocess.Popen([*self._git, "cat-file", "--batch"], stdin=subprocess.PIPE,
                                           stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=self._env)
        self._child.stdin.write(f"{self.commit}:{path}\n".encode("utf-8", "surrogateescape"))
        self._child.stdin.flush()
        header = self._child.stdout.readline().split()
        if len(header) != 3 or header[1] != b"blob":
            self.close()
            raise MissingSource(f"{self.repo}@{self.commit[:12]}:{path} is not in the snapshot")
        data = self._child.stdout.read(int(header[2]))
        self._child.stdout.read(1)  # the line feed after the blob
        return data

    def close(self) -> None:
        """End the child process; a later read starts a new one."""
        if self._child is not None:
            self._child.stdin.close()
            self._child.stdout.close()
            self._child.wait()
            self._child = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

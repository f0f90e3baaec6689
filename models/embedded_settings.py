"""Settings of the bundled PostgreSQL, fitted to the machine it finds itself on."""

import os
import shutil
from pathlib import Path

_MIB = 1024 * 1024


def server_settings(*, socket_dir: Path, log_dir: Path, cluster: Path) -> dict[str, str]:
    """Give every setting that differs from PostgreSQL's own defaults.

    They are handed over at each start rather than written to a file, so that a machine with more memory, or a newer
    hydrofleet, needs no editing.
    """
    memory = _memory_mib()
    return {
        # The socket in a private directory is the only door, and it still asks for the password.
        "listen_addresses": "",
        "unix_socket_directories": str(socket_dir),
        "unix_socket_permissions": "0700",
        "password_encryption": "scram-sha-256",
        # An acknowledged reading is on the disk.
        "fsync": "on",
        "synchronous_commit": "on",
        "full_page_writes": "on",
        "timezone": "UTC",
        "log_timezone": "UTC",
        "shared_buffers": f"{_between(64, memory // 6, 1024)}MB",
        "effective_cache_size": f"{_between(128, memory // 2, 32768)}MB",
        "maintenance_work_mem": f"{_between(32, memory // 16, 256)}MB",
        "work_mem": "16MB",
        "max_wal_size": f"{_max_wal_mib(cluster)}MB",
        "wal_compression": "pglz",
        # Our queries are short; compiling them costs more than it saves.
        "jit": "off",
        # Any disk that this runs on is closer to an SSD than to the spinning disk of the default.
        "random_page_cost": "1.1",
        "max_connections": "100",
        **_logging(log_dir),
    }


def _logging(log_dir: Path) -> dict[str, str]:
    """Keep a week of logs, a file per weekday, in the data directory."""
    return {
        "logging_collector": "on",
        "log_directory": str(log_dir),
        "log_filename": "postgresql-%a.log",
        "log_file_mode": "0600",
        "log_rotation_age": "1d",
        "log_rotation_size": "0",
        "log_truncate_on_rotation": "on",
        "log_line_prefix": "%m [%p] ",
        "log_min_duration_statement": "5s",
    }


def _memory_mib() -> int:
    """Give the memory of the machine, or of the container if that is less."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // _MIB
    for limit_file in ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"):
        limit = Path(limit_file)
        text = limit.read_text().strip() if limit.is_file() else ""
        if text.isdigit():
            memory = min(memory, int(text) // _MIB)
    return memory


def _max_wal_mib(cluster: Path) -> int:
    """Let the write-ahead log grow with the free disk: fewer checkpoints under load, never a full disk."""
    free = shutil.disk_usage(cluster).free // _MIB
    return _between(256, free // 20, 4096)


def _between(low: int, value: int, high: int) -> int:
    return max(low, min(value, high))

"""Servers of our own on loopback: started, waited for, and ended."""

from __future__ import annotations

import http.client
import socket
import subprocess
import time


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def until_it_answers(port: int, served: subprocess.Popen[bytes], patience: float = 120.0) -> None:
    """Wait until /healthz says 200. Raises RuntimeError when the process ends or `patience` seconds pass."""
    ends = time.monotonic() + patience
    while time.monotonic() < ends:
        if served.poll() is not None:
            raise RuntimeError(f"the server ended with {served.returncode}")
        way = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            way.request("GET", "/healthz")
            if way.getresponse().status == 200:
                return
        except OSError:
            time.sleep(0.01)
        finally:
            way.close()
    raise RuntimeError(f"the server did not answer within {patience:.0f} s")


def stop(served: subprocess.Popen[bytes]) -> None:
    served.terminate()
    try:
        served.wait(30)
    except subprocess.TimeoutExpired:
        served.kill()
        served.wait()

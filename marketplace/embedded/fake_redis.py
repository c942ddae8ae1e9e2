"""Redis in Python for a machine without any: `python -m marketplace.embedded.fake_redis PORT`."""

import signal
import sys
import threading

from fakeredis import TcpFakeServer


def main(port: int) -> None:
    """Serve on the loopback until SIGTERM."""
    TcpFakeServer.allow_reuse_address = True
    server = TcpFakeServer(("127.0.0.1", port))
    server.daemon_threads = True
    # shutdown() waits for the serving loop, so it must not be called from the thread that serves.
    signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
    server.serve_forever(poll_interval=0.1)


if __name__ == "__main__":
    main(int(sys.argv[1]))

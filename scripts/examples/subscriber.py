#!/usr/bin/python3
"""Follow the metrics of a broker on this machine: subscriber.py RUN_DIR [--count N]

RUN_DIR is the broker's run folder, such as /run/pncp. Needs Debian's python3-zmq and python3-msgpack.
The feed is explained in schema/PROTOCOL.md. The Unix socket is guarded by its folder, so there is no key here.
"""
import argparse
import datetime
import os
import sys

import msgpack
import zmq

HEADER_BYTES = 36  # magic, type, lengths, session, counter
TAG_BYTES = 32  # HMAC-SHA256; whoever may open the socket need not check it


def show_point(measurement, tags, fields):
    name = ",".join([measurement] + [f"{key}={value}" for key, value in tags.items()])
    values = " ".join(f"{key}={str(value)[:40]}" for key, value in fields.items())
    print(f"    {name}: {values}")


def follow(run_dir, count):
    feed = zmq.Context.instance().socket(zmq.SUB)
    feed.connect(f"ipc://{run_dir}/feed.sock")
    feed.subscribe(b"metrics/")  # one agent only: b"metrics/pi-1/"; everything: b""
    expected = None
    while count is None or count > 0:
        topic, frame = feed.recv_multipart()
        event = msgpack.unpackb(frame[HEADER_BYTES:-TAG_BYTES])
        # Each class (the topic's first word) is numbered 1, 2, 3 …: a jump tells what PUB had to drop for us.
        number = event["class_seq"]
        if expected is not None and number > expected:
            print(f"hole: {number - expected} events of metrics/ did not arrive; the broker's journal has them (FETCH)")
        elif expected is not None and number < expected:
            print("the numbers begin anew: the broker has a new journal")
        expected = number + 1

        time = datetime.datetime.fromtimestamp(event["time_ns"] / 1e9, datetime.timezone.utc)
        print(f"{event['agent']} {time:%Y-%m-%dT%H:%M:%S.%f}Z #{number}")
        for point in msgpack.unpackb(event["body"])["points"]:
            show_point(*point)
        sys.stdout.flush()
        count = None if count is None else count - 1


def main():
    parser = argparse.ArgumentParser(description="Follow the metrics of a broker on this machine.")
    parser.add_argument("run_dir", metavar="RUN_DIR", help="the broker's run folder, such as /run/pncp")
    parser.add_argument("--count", type=int, metavar="N", help="stop after N samples")
    arguments = parser.parse_args()
    if not os.path.exists(os.path.join(arguments.run_dir, "feed.sock")):
        sys.exit(f"there is no {arguments.run_dir}/feed.sock: is pncp-broker running, and is that its run folder?")
    try:
        follow(os.path.abspath(arguments.run_dir), arguments.count)
    except KeyboardInterrupt:
        pass


if __name__ == "__main__":
    main()
